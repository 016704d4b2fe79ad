-- ops.broken_capture_has_order(p_limit, p_recent_s) -> (org, object, detail)
-- A charge that succeeded has paid its order.
-- Reads the payments that payments_recent gives.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_capture_has_order(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, 'payment ' || p.id, format('it succeeded, its order %s is %s', p.order_id, coalesce(o.status, 'not there'))
    from ops.payments_recent(p_recent_s, '{succeeded}') p left join app.orders o on o.org = p.org and o.id = p.order_id
    where p.kind = 'charge' and o.paid_at is null
    limit p_limit;
end $$;
