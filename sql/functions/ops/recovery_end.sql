-- ops.recovery_end(p_actor, p_epoch)
-- The reverse sweeps under the new epoch are done: money calls may run again.
-- p_epoch null: whatever the epoch; else only when it is still that one.
create or replace function ops.recovery_end(p_actor text, p_epoch uuid default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_epoch uuid;
begin
    update ops.epoch set recovering = false where one and recovering and epoch = coalesce(p_epoch, epoch) returning epoch into v_epoch;
    if found then
        perform ops.audit_put(0, p_actor, 'recovery.ended', v_epoch, null, null, '{}');
    end if;
end $$;
