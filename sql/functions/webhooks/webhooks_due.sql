-- app.webhooks_due(p_limit) -> (event_id, gateway, size, attempts)
-- Events to be looked at, the longest due first, those whose worker died
-- among them; without locks. Step one of a claim.
-- owner: boxoffice_owner (reads across keys)
create or replace function app.webhooks_due(p_limit int) returns table (event_id text, gateway text, size int, attempts int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
        select w.event_id, w.gateway, octet_length(w.payload), w.attempts from app.webhook_events w
        where w.state = 'received' and w.due_at <= now() and (w.leased_until is null or w.leased_until < now())
        order by w.due_at limit p_limit;
end $$;
