-- ops.broken_jobs_not_late(p_limit) -> (org, object, detail)
-- No job waits for more than five minutes after it was due. (In a test installation
-- whose clock has just been moved, jobs of business time may look late until they run.)
-- Reads the jobs that are due, by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_jobs_not_late(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_business timestamptz := ops.now();
begin
    return query
    select j.org, j.kind || ' ' || j.object_id, format('due at %s, %s tries: %s', j.due_at, j.attempts, coalesce(j.last_error, 'nobody has begun it'))
    from ops.jobs j
    where j.buried_at is null and j.due_at < greatest(v_business, now()) - interval '5 min'
      and j.due_at < case when j.business then v_business else now() end - interval '5 min'
      and (j.leased_until is null or j.leased_until < now() - interval '5 min')
    limit p_limit;
end $$;
