-- app.webhooks_claim(p_ids, p_gateways, p_lease_ms, p_lease, p_bury_after) -> (event_id, gateway, type, payload, attempts, state)
-- Step two: takes those of the events that are due, under one lease; no row of
-- one that somebody else has or that is done. Repeated with the same lease it
-- gives the same. One whose workers keep dying is buried, told once.
create or replace function app.webhooks_claim(p_ids text[], p_gateways text[], p_lease_ms bigint, p_lease uuid, p_bury_after int)
returns table (event_id text, gateway text, type text, payload bytea, attempts int, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_until timestamptz := v_now + make_interval(secs => p_lease_ms / 1000.0);
    v_places text[] := app.webhook_places(p_ids, p_gateways);
begin
    return query update app.webhook_events w
        set attempts = case when w.attempts >= p_bury_after then w.attempts else w.attempts + 1 end,
            lease = p_lease, leased_until = v_until,
            state = case when w.attempts >= p_bury_after then 'buried' else w.state end,
            settled_at = case when w.attempts >= p_bury_after then v_now end,
            note = case when w.attempts >= p_bury_after then coalesce(w.note, 'its workers died') else w.note end
        where w.event_id = any (p_ids) and array_position(v_places, w.gateway || '/' || w.event_id) is not null
          and w.state = 'received' and w.due_at <= v_now and (w.leased_until is null or w.leased_until < v_now or w.lease = p_lease)
        returning w.event_id, w.gateway, w.type, w.payload, w.attempts, w.state;
end $$;
