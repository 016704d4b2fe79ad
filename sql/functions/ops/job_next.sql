-- ops.job_next(p_org, p_kind, p_object, p_lease, p_due)
-- Done for now, again at a business time; null: done. Only the holder of the
-- lease may say so: who asked for the job meanwhile knows of more to do.
create or replace function ops.job_next(p_org int, p_kind text, p_object uuid, p_lease uuid, p_due timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_due is null then
        perform ops.job_finish(p_org, p_kind, p_object, p_lease);
        return;
    end if;
    update ops.jobs set due_at = p_due, business = true, attempts = 0, last_error = null, leased_until = null, lease = null
    where org = p_org and kind = p_kind and object_id = p_object and lease = p_lease;
end $$;
