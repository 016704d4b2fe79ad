-- app.webhook_get(p_event_id) -> the events of that id, a row for each gateway
create or replace function app.webhook_get(p_event_id text)
returns table (event_id text, gateway text, type text, payload bytea, recovered boolean, state text, note text,
    attempts int, received_at timestamptz, due_at timestamptz, settled_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select w.event_id, w.gateway, w.type, w.payload, w.recovered, w.state, w.note, w.attempts, w.received_at,
        w.due_at, w.settled_at
    from app.webhook_events w where w.event_id = p_event_id order by w.gateway;
end $$;
