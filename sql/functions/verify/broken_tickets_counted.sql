-- ops.broken_tickets_counted(p_limit) -> (org, object, detail)
-- Of every ticket type, what is left and what orders hold or have bought is the
-- quantity: no ticket is lost or sold twice.
-- Reads all order lines.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_tickets_counted(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.org, 'type ' || t.id, format('of %s tickets %s are left and %s sold or held', t.quantity, coalesce(b.n, 0), coalesce(l.n, 0))
    from app.ticket_types t
    left join (select x.org, x.type_id, sum(x.remaining) as n from app.ticket_buckets x group by x.org, x.type_id) b
        on b.org = t.org and b.type_id = t.id
    left join (select x.org, x.type_id, sum(x.quantity) as n from app.order_lines x
            join app.orders o on o.org = x.org and o.id = x.order_id and o.status not in ('expired', 'cancelled')
            group by x.org, x.type_id) l
        on l.org = t.org and l.type_id = t.id
    where t.quantity <> coalesce(b.n, 0) + coalesce(l.n, 0)
    limit p_limit;
end $$;
