-- app.webhook_done(p_event_id, p_gateway, p_lease, p_state, p_note)
-- What came of it: applied or ignored. Only the holder of the lease may say so.
create or replace function app.webhook_done(p_event_id text, p_gateway text, p_lease uuid, p_state text, p_note text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    update app.webhook_events set state = p_state, note = p_note, settled_at = v_now, lease = null, leased_until = null
    where event_id = p_event_id and gateway = p_gateway and lease = p_lease and state = 'received';
end $$;
