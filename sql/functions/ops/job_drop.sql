-- ops.job_drop(p_org, p_kind, p_object)
-- The work is no longer needed. Used inside the transaction that made it so.
create or replace function ops.job_drop(p_org int, p_kind text, p_object uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from ops.jobs where org = p_org and kind = p_kind and object_id = p_object;
end $$;
