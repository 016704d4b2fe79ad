-- app.event_frozen(p_org, p_event) -> whether the event's money must stay where it is
-- While an event is cancelled or postponed nothing of its orders matures or is
-- paid out, no held order of it is paid, and no organizer's balance stands in
-- the way of a refund.
create or replace function app.event_frozen(p_org int, p_event uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from app.events e where e.org = p_org and e.id = p_event and e.status in ('cancelled', 'postponed'));
end $$;
