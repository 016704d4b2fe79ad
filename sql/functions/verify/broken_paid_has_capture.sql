-- ops.broken_paid_has_capture(p_limit, p_recent_s) -> (org, object, detail)
-- A paid order that costs something has a charge that succeeded, of exactly its
-- total in its currency.
-- Reads the orders made in the span, by index, and their payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_paid_has_capture(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it is %s with %s %s, and no charge of that succeeded', o.status, o.total, o.currency)
    from app.organizers z join app.orders o on o.org = z.org
    where o.created_at >= v_since and o.paid_at is not null and o.total > 0
      and not exists (select from app.payments p where p.org = o.org and p.order_id = o.id and p.kind = 'charge'
          and p.state = 'succeeded' and p.amount = o.total and p.currency = o.currency)
    limit p_limit;
end $$;
