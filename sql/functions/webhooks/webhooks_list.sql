-- app.webhooks_list(p_state, p_gateway, p_recovered, p_limit) -> events, the newest first; null: any
-- owner: boxoffice_owner (reads across keys)
create or replace function app.webhooks_list(p_state text, p_gateway text, p_recovered boolean, p_limit int)
returns table (event_id text, gateway text, type text, recovered boolean, state text, note text, attempts int,
    received_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select w.event_id, w.gateway, w.type, w.recovered, w.state, w.note, w.attempts, w.received_at
    from app.webhook_events w
    where (p_state is null or w.state = p_state) and (p_gateway is null or w.gateway = p_gateway)
      and (p_recovered is null or w.recovered = p_recovered)
    order by w.received_at desc, w.event_id limit p_limit;
end $$;
