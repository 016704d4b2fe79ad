-- app.webhook_again(p_event_id, p_gateway, p_lease, p_delay_ms, p_note, p_bury_after) -> buried
-- It failed: again after a delay, or never by itself once it has failed too often.
create or replace function app.webhook_again(p_event_id text, p_gateway text, p_lease uuid, p_delay_ms bigint,
    p_note text, p_bury_after int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_due timestamptz := v_now + make_interval(secs => p_delay_ms / 1000.0);
    v_row app.webhook_events;
begin
    select * into v_row from app.webhook_events w
    where w.event_id = p_event_id and w.gateway = p_gateway and w.lease = p_lease and w.state = 'received' for update;
    if not found then
        return false;
    elsif v_row.attempts >= p_bury_after then
        update app.webhook_events set state = 'buried', settled_at = v_now, note = p_note, lease = null, leased_until = null
        where event_id = p_event_id and gateway = p_gateway;
        return true;
    end if;
    update app.webhook_events set due_at = v_due, note = p_note, lease = null, leased_until = null
    where event_id = p_event_id and gateway = p_gateway;
    return false;
end $$;
