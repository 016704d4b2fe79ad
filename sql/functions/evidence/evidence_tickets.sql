-- app.evidence_tickets(p_org, p_order) -> its tickets, and when the door let each in
create or replace function app.evidence_tickets(p_org int, p_order uuid)
returns table (id uuid, type_name text, status text, issued_at timestamptz, used_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.id, y.name, t.status, t.created_at, t.used_at
    from app.tickets t join app.ticket_types y on y.org = t.org and y.id = t.type_id
    where t.org = p_org and t.order_id = p_order
    order by t.line, t.seat;
end $$;
