-- ops.broken_no_ticket_of_unpaid(p_limit, p_recent_s) -> (org, object, detail)
-- An order that is not paid has no ticket.
-- Reads the orders made in the span, by index, and their tickets.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_no_ticket_of_unpaid(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it is %s and has %s tickets', o.status, count(*))
    from app.organizers z join app.orders o on o.org = z.org
    join app.tickets t on t.org = o.org and t.order_id = o.id
    where o.created_at >= v_since and o.paid_at is null
    group by o.org, o.id, o.status
    limit p_limit;
end $$;
