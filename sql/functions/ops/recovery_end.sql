-- ops.recovery_end(p_actor)
-- The reverse sweeps under the new epoch are done: money calls may run again.
create or replace function ops.recovery_end(p_actor text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_epoch uuid;
begin
    update ops.epoch set recovering = false where one returning epoch into v_epoch;
    perform ops.audit_put(0, p_actor, 'recovery.ended', v_epoch, null, null, '{}');
end $$;
