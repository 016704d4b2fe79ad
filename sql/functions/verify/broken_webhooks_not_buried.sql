-- ops.broken_webhooks_not_buried(p_limit, p_recent_s) -> (org, object, detail)
-- No event has been given up on.
-- Reads the events received in the span (wall clock), by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_webhooks_not_buried(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select 0, 'event ' || w.event_id, format('of %s, %s, given up on after %s tries: %s', w.gateway, w.type, w.attempts, w.note)
    from app.webhook_events w where w.received_at >= v_since and w.state = 'buried'
    limit p_limit;
end $$;
