-- app.ticket_standing(p_org, p_ticket, p_event) -> (status, postponed_at): what a door is told of a ticket
-- p_event: whose door it is; null: whichever. A ticket opens no door when a
-- dispute, open or lost, has left nothing of its money; won, it does again. One
-- that still has some is valid, as after a refund by amount: a dispute of a part
-- comes off every ticket. What has been let in says used, though its event is
-- cancelled since; not if that was for dates which were put off (ticket_status).
-- postponed_at: which dates of the event this is about. Inner function of ticket_scan.
create or replace function app.ticket_standing(p_org int, p_ticket uuid, p_event uuid) returns table (status text, postponed_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_disputed boolean;
begin
    select t.order_id, e.id as event_id, e.status as event_status, e.postponed_at, app.ticket_status(p_org, t.id) as status into v_row
    from app.tickets t
    join app.orders o on o.org = t.org and o.id = t.order_id
    join app.events e on e.org = o.org and e.id = o.event_id
    where t.org = p_org and t.id = p_ticket;
    v_disputed := exists (select from app.ticket_returns x join app.disputes d on d.org = x.org and d.id = x.object_id
        where x.org = p_org and d.org = p_org and x.order_id = v_row.order_id and x.ticket_id = p_ticket and x.live)
        and app.ticket_left(p_org, v_row.order_id, p_ticket) = 0;
    return query select case
        when v_row.event_id <> p_event then 'wrong_event'
        when v_row.status <> 'valid' then v_row.status
        when v_disputed then 'disputed'
        when v_row.event_status in ('cancelled', 'postponed') then 'event_' || v_row.event_status
        else 'valid' end, coalesce(v_row.postponed_at, '-infinity');
end $$;
