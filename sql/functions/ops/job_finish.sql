-- ops.job_finish(p_org, p_kind, p_object, p_lease)
-- Done. Only the holder of the lease may say so.
create or replace function ops.job_finish(p_org int, p_kind text, p_object uuid, p_lease uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from ops.jobs where org = p_org and kind = p_kind and object_id = p_object and lease = p_lease;
end $$;
