-- ops.job_turn(p_org, p_kind, p_object, p_lease, p_delay_ms, p_why, p_progress)
-- Not done, nor failed: again after a delay by the wall clock, from p_progress
-- on, which job_claim gives back. Only the holder of the lease may say so: who
-- asked for the job meanwhile has it begin anew.
create or replace function ops.job_turn(p_org int, p_kind text, p_object uuid, p_lease uuid, p_delay_ms bigint, p_why text,
    p_progress text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp() + make_interval(secs => p_delay_ms / 1000.0);
begin
    update ops.jobs set due_at = v_due, business = false, attempts = 0, last_error = p_why, progress = p_progress,
        leased_until = null, lease = null
    where org = p_org and kind = p_kind and object_id = p_object and lease = p_lease;
end $$;
