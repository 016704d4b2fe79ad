-- ops.job_revive(p_org, p_kind, p_object) -> whether there was such a job
-- An operator wants it run now, buried or not; also one that was cancelled, as the audit log has it.
create or replace function ops.job_revive(p_org int, p_kind text, p_object uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.jobs set due_at = now(), business = false, buried_at = null, attempts = 0, leased_until = null, lease = null
    where org = p_org and kind = p_kind and object_id = p_object;
    if not found then
        if not exists (select from ops.audit a where a.org = p_org and a.object_id = p_object and a.action = 'job.cancelled'
            and a.body::jsonb ->> 'kind' = p_kind) then
            return false;
        end if;
        perform ops.job_put(p_org, p_kind, p_object, now(), false, null);
    end if;
    perform ops.audit_put(p_org, 'operator', 'job.revived', p_object, null, null, jsonb_build_object('kind', p_kind));
    return true;
end $$;
