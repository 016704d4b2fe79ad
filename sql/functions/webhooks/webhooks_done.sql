-- app.webhooks_done(p_ids, p_gateways, p_lease, p_states, p_notes)
-- What came of each: applied or ignored. Only the holder of the lease may say so.
create or replace function app.webhooks_done(p_ids text[], p_gateways text[], p_lease uuid, p_states text[], p_notes text[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_places text[] := app.webhook_places(p_ids, p_gateways);
begin
    update app.webhook_events w
    set state = p_states[array_position(v_places, w.gateway || '/' || w.event_id)],
        note = p_notes[array_position(v_places, w.gateway || '/' || w.event_id)],
        settled_at = v_now, lease = null, leased_until = null
    where w.event_id = any (p_ids) and array_position(v_places, w.gateway || '/' || w.event_id) is not null
      and w.lease = p_lease and w.state = 'received';
end $$;
