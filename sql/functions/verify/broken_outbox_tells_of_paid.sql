-- ops.broken_outbox_tells_of_paid(p_limit, p_recent_s) -> (org, object, detail)
-- That an order is paid is told once.
-- Reads the orders made in the span, by index, and their outbox rows.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_outbox_tells_of_paid(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it is %s, and the outbox has order.paid %s times', o.status, b.n)
    from app.organizers z join app.orders o on o.org = z.org
    cross join lateral (select count(*) as n from ops.outbox x where x.org = o.org and x.type = 'order.paid' and x.object_id = o.id) b
    where o.created_at >= v_since and b.n <> (o.paid_at is not null)::int
    limit p_limit;
end $$;
