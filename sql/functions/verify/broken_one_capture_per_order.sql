-- ops.broken_one_capture_per_order(p_limit, p_recent_s) -> (org, object, detail)
-- An order has at most one charge that succeeded. (Others that the gateway made
-- are unplaced captures: unplaced_is_returned.)
-- Reads the payments of orders made in the span, by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_one_capture_per_order(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('%s charges succeeded: %s', count(*), string_agg(p.id::text, ', ' order by p.id))
    from app.organizers z join app.orders o on o.org = z.org
    join app.payments p on p.org = o.org and p.order_id = o.id
    where o.created_at >= v_since and p.kind = 'charge' and p.state = 'succeeded'
    group by o.org, o.id having count(*) > 1
    limit p_limit;
end $$;
