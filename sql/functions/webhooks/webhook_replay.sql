-- app.webhook_replay(p_event_id, p_gateway) -> whether there is such an event
-- An operator wants it looked at again, whatever came of it.
create or replace function app.webhook_replay(p_event_id text, p_gateway text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    update app.webhook_events set state = 'received', due_at = v_now, attempts = 0, settled_at = null, lease = null,
        leased_until = null
    where event_id = p_event_id and gateway = p_gateway;
    return found;
end $$;
