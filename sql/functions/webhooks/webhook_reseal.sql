-- app.webhook_reseal(p_event_id, p_gateway, p_old, p_new)
-- The same payload under another key; nothing when it has changed meanwhile.
create or replace function app.webhook_reseal(p_event_id text, p_gateway text, p_old bytea, p_new bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.webhook_events set payload = p_new
    where event_id = p_event_id and gateway = p_gateway and payload = p_old;
end $$;
