-- app.webhook_take(p_event_id, p_gateway, p_type, p_payload, p_recovered) -> whether it is new
-- Keeps what a gateway told us, sealed, once for ever; due at once.
create or replace function app.webhook_take(p_event_id text, p_gateway text, p_type text, p_payload bytea,
    p_recovered boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    insert into app.webhook_events (event_id, gateway, type, payload, recovered, due_at, received_at)
    values (p_event_id, p_gateway, p_type, p_payload, p_recovered, v_now, v_now)
    on conflict (event_id, gateway) do nothing;
    return found;
end $$;
