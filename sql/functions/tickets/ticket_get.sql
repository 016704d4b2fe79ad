-- app.ticket_get(p_org, p_ticket) -> what its QR code needs; no row: no such ticket
create or replace function app.ticket_get(p_org int, p_ticket uuid)
returns table (id uuid, event_id uuid, status text, guest_id uuid, person uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.id, o.event_id, t.status, o.guest_id, g.person
    from app.tickets t
    join app.orders o on o.org = t.org and o.id = t.order_id
    join app.guests g on g.org = o.org and g.id = o.guest_id
    where t.org = p_org and t.id = p_ticket;
end $$;
