-- app.webhooks_missing(p_gateway, p_ids) -> those of the ids that we have not
-- owner: boxoffice_owner (reads across keys)
create or replace function app.webhooks_missing(p_gateway text, p_ids text[]) returns table (event_id text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select u.id from unnest(p_ids) u (id)
        where not exists (select 1 from app.webhook_events w where w.event_id = u.id and w.gateway = p_gateway);
end $$;
