-- app.event_over(p_event, p_now) -> whether its guests were at it, so that only the platform may take it back
-- The job that completes it may be a moment late. Of one that is postponed: when
-- it was over by then; while it waits for new dates its old ones may pass.
create or replace function app.event_over(p_event app.events, p_now timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return case p_event.status
        when 'completed' then true
        when 'postponed' then p_event.ends_at <= p_event.postponed_at
        when 'on_sale' then p_event.ends_at <= p_now
        when 'paused' then p_event.ends_at <= p_now
        else false end;
end $$;
