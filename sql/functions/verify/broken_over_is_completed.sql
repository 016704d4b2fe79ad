-- ops.broken_over_is_completed(p_limit) -> (org, object, detail)
-- An event that is over is completed soon after: until then it can be sold, and
-- nothing of it matures.
-- Reads the events that are on sale or paused.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_over_is_completed(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_late timestamptz := ops.now() - interval '5 min';
begin
    return query
    select v.org, 'event ' || v.id, format('it is %s, and was over at %s; its job is %s event_complete %s', v.status, v.ends_at, v.org, v.id)
    from app.organizers z join app.events v on v.org = z.org
    where v.status in ('on_sale', 'paused') and v.ends_at < v_late
    limit p_limit;
end $$;
