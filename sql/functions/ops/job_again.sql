-- ops.job_again(p_org, p_kind, p_object, p_lease, p_delay_ms, p_error, p_count) -> buried
-- Not done: again after a delay by the wall clock. p_count says whether this
-- run counts against the bury limit (a failure does, a "not yet" does not).
create or replace function ops.job_again(p_org int, p_kind text, p_object uuid, p_lease uuid, p_delay_ms bigint,
    p_error text, p_count boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_job ops.jobs;
    v_due timestamptz := clock_timestamp() + make_interval(secs => p_delay_ms / 1000.0);
    v_buried timestamptz;
begin
    select * into v_job from ops.jobs j
    where j.org = p_org and j.kind = p_kind and j.object_id = p_object and j.lease = p_lease for update;
    if not found then
        return false;
    end if;
    if p_count and v_job.attempts >= v_job.bury_after then
        v_buried := clock_timestamp();
    end if;
    update ops.jobs
    set due_at = v_due, business = false, leased_until = null, lease = null, buried_at = v_buried,
        last_error = p_error, attempts = case when p_count then v_job.attempts else greatest(v_job.attempts - 1, 0) end
    where org = p_org and kind = p_kind and object_id = p_object;
    return v_buried is not null;
end $$;
