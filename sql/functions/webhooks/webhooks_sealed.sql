-- app.webhooks_sealed(p_other_than, p_after, p_limit) -> (event_id, gateway, payload)
-- Payloads whose first bytes, the id of their key, are not these; by event id,
-- after p_after; as many as p_limit, and all that have the last one's event id.
-- For the rotation of keys.
-- owner: boxoffice_owner (reads across keys)
create or replace function app.webhooks_sealed(p_other_than bytea, p_after text, p_limit int)
returns table (event_id text, gateway text, payload bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select w.event_id, w.gateway, w.payload from app.webhook_events w
        where w.event_id > p_after and substring(w.payload from 1 for length(p_other_than)) <> p_other_than
        order by w.event_id fetch first p_limit rows with ties;
end $$;
