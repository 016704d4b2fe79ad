-- app.ticket_scan(p_org, p_scan, p_ticket, p_code, p_event, p_gate, p_device, p_signed, p_actor, p_request) -> the scan as it is kept
-- A door asks about a ticket, by its id (of a signed code) or its plain code.
-- One that is valid is let in and used from then on: once, however many doors
-- ask at once; and once more for new dates, if the event is postponed.
-- p_event: whose door it is, or null.
-- used_*: when and where it was let in, the last time; null where nobody was.
-- Raises BX003 when there is no such ticket.
create or replace function app.ticket_scan(p_org int, p_scan uuid, p_ticket uuid, p_code text, p_event uuid, p_gate text, p_device text,
    p_signed boolean, p_actor text, p_request text)
returns table (status text, ticket_id uuid, type_id uuid, order_id uuid, event_id uuid, organizer_id uuid, used_at timestamptz, used_gate text,
    used_device text, scanned_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_ticket uuid := p_ticket;
    v_order uuid;
    v_stands record;
begin
    if v_ticket is null then
        select t.id into v_ticket from app.tickets t where t.org = p_org and t.code = p_code;
    end if;
    select t.order_id into v_order from app.tickets t where t.org = p_org and t.id = v_ticket;
    if v_order is null then
        raise exception using errcode = 'BX003', message = 'there is no ticket with this code';
    end if;
    -- As in a refund: the order first. What its guest may still ask for hangs on whether a ticket is used.
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for share;
    perform 1 from app.tickets t where t.org = p_org and t.id = v_ticket for update;
    select s.status, s.postponed_at into v_stands from app.ticket_standing(p_org, v_ticket, p_event) s;
    insert into app.ticket_scans (org, id, ticket_id, order_id, status, event_id, gate, device, signed, actor, request_id, scanned_at, postponed_at)
    values (p_org, p_scan, v_ticket, v_order, v_stands.status, p_event, p_gate, p_device, p_signed, p_actor, p_request, v_now, v_stands.postponed_at);
    if v_stands.status = 'valid' then
        update app.tickets t set status = 'used', used_at = v_now where t.org = p_org and t.id = v_ticket;
        perform ops.audit_put(p_org, p_actor, 'ticket.used', v_ticket, 1, p_request, jsonb_build_object('order', v_order, 'scan', p_scan));
    end if;
    return query
    select v_stands.status, t.id, t.type_id, t.order_id, o.event_id, z.id, t.used_at, x.gate, x.device, v_now
    from app.tickets t
    join app.orders o on o.org = t.org and o.id = t.order_id
    join app.organizers z on z.org = t.org
    left join lateral (select s.gate, s.device from app.ticket_scans s
        where s.org = p_org and s.ticket_id = t.id and s.status = 'valid' order by s.postponed_at desc limit 1) x on true
    where t.org = p_org and t.id = v_ticket;
end $$;
