-- ops.broken_jobs_not_buried(p_limit) -> (org, object, detail)
-- No job has been given up on.
-- Reads all jobs there are: what waits, not what was done.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_jobs_not_buried(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select j.org, j.kind || ' ' || j.object_id, format('given up on after %s tries: %s', j.attempts, j.last_error)
    from ops.jobs j where j.buried_at is not null
    limit p_limit;
end $$;
