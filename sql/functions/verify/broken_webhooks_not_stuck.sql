-- ops.broken_webhooks_not_stuck(p_limit) -> (org, object, detail)
-- No event that a gateway told us waits for more than five minutes after it was due.
-- Reads the events that are not applied yet, by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_webhooks_not_stuck(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select 0, 'event ' || w.event_id, format('of %s, %s, due at %s: %s', w.gateway, w.type, w.due_at, coalesce(w.note, 'nobody has looked at it'))
    from app.webhook_events w
    where w.state = 'received' and w.due_at < now() - interval '5 min'
      and (w.leased_until is null or w.leased_until < now() - interval '5 min')
    limit p_limit;
end $$;
