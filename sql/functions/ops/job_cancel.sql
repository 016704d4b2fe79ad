-- ops.job_cancel(p_org, p_kind, p_object, p_actor) -> whether there was such a job
-- An operator wants it gone. What it would have done stays undone: audited.
create or replace function ops.job_cancel(p_org int, p_kind text, p_object uuid, p_actor text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from ops.jobs where org = p_org and kind = p_kind and object_id = p_object;
    if not found then
        return false;
    end if;
    perform ops.audit_put(p_org, p_actor, 'job.cancelled', p_object, null, null, jsonb_build_object('kind', p_kind));
    return true;
end $$;
