-- ops.broken_capture_has_order(p_limit, p_recent_s) -> (org, object, detail)
-- A charge that succeeded has paid its order.
-- Reads the payments of orders made in the span, by index; over everything, all payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_capture_has_order(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select p.org, 'payment ' || p.id, format('it succeeded, its order %s is %s', p.order_id, coalesce(o.status, 'not there'))
    from app.payments p left join app.orders o on o.org = p.org and o.id = p.order_id
    where (p_recent_s is null or (p.org, p.order_id) in (select x.org, x.id
        from app.organizers z join app.orders x on x.org = z.org where x.created_at >= v_since))
      and p.kind = 'charge' and p.state = 'succeeded' and o.paid_at is null
    limit p_limit;
end $$;
