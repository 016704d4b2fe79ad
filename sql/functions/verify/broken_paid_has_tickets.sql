-- ops.broken_paid_has_tickets(p_limit, p_recent_s) -> (org, object, detail)
-- A paid order has as many tickets as its lines say, and they are worth its total.
-- Reads the orders made in the span, by index, their lines and tickets.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_paid_has_tickets(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it has %s tickets worth %s, its lines say %s and its total is %s', t.n, t.worth, l.n, o.total)
    from app.organizers z join app.orders o on o.org = z.org
    cross join lateral (select coalesce(sum(x.quantity), 0) as n from app.order_lines x where x.org = o.org and x.order_id = o.id) l
    cross join lateral (select count(*) as n, coalesce(sum(x.net + x.guest_fee + x.tax + x.tax_on_fee), 0) as worth
        from app.tickets x where x.org = o.org and x.order_id = o.id) t
    where o.created_at >= v_since and o.paid_at is not null and (t.n, t.worth) is distinct from (l.n, o.total::numeric)
    limit p_limit;
end $$;
