-- ops.job_extend(p_org, p_kind, p_object, p_lease, p_lease_ms) -> whether it is still the holder's
-- A live worker needs longer.
create or replace function ops.job_extend(p_org int, p_kind text, p_object uuid, p_lease uuid, p_lease_ms bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_until timestamptz := clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0);
begin
    update ops.jobs set leased_until = v_until
    where org = p_org and kind = p_kind and object_id = p_object and lease = p_lease;
    return found;
end $$;
