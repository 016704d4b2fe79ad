-- ops.job_claim(p_org, p_limit, p_lease_ms, p_lease) -> jobs
-- Step two: takes due jobs of one organizer under a lease on the wall clock. A
-- dead worker's jobs come back when its lease has passed; one whose workers
-- keep dying is buried like one that keeps failing, and told once with buried_at set.
create or replace function ops.job_claim(p_org int, p_limit int, p_lease_ms bigint, p_lease uuid)
returns setof ops.jobs
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_business timestamptz := ops.now();
    v_now timestamptz := clock_timestamp();
    v_until timestamptz := v_now + make_interval(secs => p_lease_ms / 1000.0);
    v_job ops.jobs;
begin
    for v_job in
        select * from ops.jobs j
        where j.org = p_org and j.buried_at is null and j.due_at <= greatest(v_business, v_now)
          and j.due_at <= case when j.business then v_business else v_now end
          and (j.leased_until is null or j.leased_until < v_now)
        order by j.due_at limit p_limit
        for update skip locked
    loop
        if v_job.attempts >= v_job.bury_after then
            update ops.jobs set buried_at = v_now, last_error = coalesce(v_job.last_error, 'its workers died')
            where org = p_org and kind = v_job.kind and object_id = v_job.object_id;
            v_job.buried_at := v_now;
            return next v_job;
            continue;
        end if;
        update ops.jobs set leased_until = v_until, lease = p_lease, attempts = v_job.attempts + 1
        where org = p_org and kind = v_job.kind and object_id = v_job.object_id;
        v_job.attempts := v_job.attempts + 1;
        v_job.leased_until := v_until;
        v_job.lease := p_lease;
        return next v_job;
    end loop;
end $$;
