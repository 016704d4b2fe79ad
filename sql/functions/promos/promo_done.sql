-- app.promo_done(p_org, p_promo) -> (live, given): its live slots, and its discount on paid orders
-- The two figures that every view of a code has; promos_usage has all of them, at several times the cost.
create or replace function app.promo_done(p_org int, p_promo uuid) returns table (live bigint, given bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select count(*) filter (where o.status not in ('expired', 'cancelled')),
        coalesce(sum(u.discount) filter (where o.status in ('paid', 'partially_refunded', 'refunded')), 0)::bigint
    from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
    where u.org = p_org and o.org = p_org and u.promo_id = p_promo and u.returned_at is null;
end $$;
