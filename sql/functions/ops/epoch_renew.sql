-- ops.epoch_renew(p_recovering) -> the new epoch
-- After every restore or asynchronous failover: what Redis remembers stands
-- for rows that may be gone. While recovering, money calls answer 503.
create or replace function ops.epoch_renew(p_recovering boolean) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_epoch uuid := gen_random_uuid();
begin
    update ops.epoch set epoch = v_epoch, recovering = p_recovering, renewed_at = now() where one;
    perform ops.audit_put(0, 'operator', 'epoch.renewed', v_epoch, null, null, jsonb_build_object('recovering', p_recovering));
    return v_epoch;
end $$;
