-- app.ticket_status(p_org, p_ticket) -> the ticket's status as it counts now
-- Who was let in before the event was postponed, the last time, has not been to
-- it: the ticket is valid. Which dates a scan let in for is what it says itself
-- (postponed_at), not its time: it may have been under way. Inner function.
create or replace function app.ticket_status(p_org int, p_ticket uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select case when t.status = 'used' and not exists (select from app.ticket_scans x
            where x.org = p_org and x.ticket_id = p_ticket and x.status = 'valid' and x.postponed_at = coalesce(e.postponed_at, '-infinity'))
        then 'valid' else t.status end
    from app.tickets t
    join app.orders o on o.org = t.org and o.id = t.order_id
    join app.events e on e.org = o.org and e.id = o.event_id
    where t.org = p_org and t.id = p_ticket);
end $$;
