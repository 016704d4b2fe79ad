-- app.webhook_claim(p_event_id, p_gateway, p_lease_ms, p_lease, p_bury_after) -> (type, payload, attempts, recovered, buried)
-- Step two: takes one due event under a lease; no row when somebody else has
-- it or it is done. One whose workers keep dying is buried, told once.
create or replace function app.webhook_claim(p_event_id text, p_gateway text, p_lease_ms bigint, p_lease uuid,
    p_bury_after int)
returns table (type text, payload bytea, attempts int, recovered boolean, buried boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_until timestamptz := v_now + make_interval(secs => p_lease_ms / 1000.0);
    v_row app.webhook_events;
    v_buried boolean;
begin
    select * into v_row from app.webhook_events w
    where w.event_id = p_event_id and w.gateway = p_gateway and w.state = 'received' and w.due_at <= v_now
      and (w.leased_until is null or w.leased_until < v_now)
    for update skip locked;
    if not found then
        return;
    end if;
    v_buried := v_row.attempts >= p_bury_after;
    if v_buried then
        update app.webhook_events set state = 'buried', settled_at = v_now, note = coalesce(v_row.note, 'its workers died')
        where event_id = p_event_id and gateway = p_gateway;
    else
        update app.webhook_events set leased_until = v_until, lease = p_lease, attempts = v_row.attempts + 1
        where event_id = p_event_id and gateway = p_gateway;
    end if;
    return query select v_row.type, v_row.payload, v_row.attempts + 1, v_row.recovered, v_buried;
end $$;
