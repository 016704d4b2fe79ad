-- ops.broken_order_adds_up(p_limit, p_recent_s) -> (org, object, detail)
-- An order is the sum of its lines, component by component.
-- Reads the orders made in the span, by index, and their lines.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_order_adds_up(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('its lines sum to list %s, discount %s, net %s, fee %s, tax %s, total %s; it has %s, %s, %s, %s, %s, %s',
        l.list, l.discount, l.net, l.fee, l.tax, l.total, o.list, o.discount, o.net, o.guest_fee, o.tax, o.total)
    from app.organizers z join app.orders o on o.org = z.org
    cross join lateral (select sum(x.list) as list, sum(x.discount) as discount, sum(x.net) as net, sum(x.fee) as fee, sum(x.tax) as tax,
            sum(x.total) as total from app.order_lines x where x.org = o.org and x.order_id = o.id) l
    where o.created_at >= v_since
      and (l.list, l.discount, l.net, l.fee, l.tax, l.total) is distinct from (o.list, o.discount, o.net, o.guest_fee, o.tax, o.total)
    limit p_limit;
end $$;
