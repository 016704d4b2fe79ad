-- ops.broken_promo_counted(p_limit) -> (org, object, detail)
-- Of every promo code, what its buckets have left and what live slots have used
-- is its limit, in uses and in money; what is counted of a guest, where the code
-- limits guests, is what the guest's live slots are; and an order's discount and codes are its slots' (the
-- access code, place 6, is not named).
-- Reads all slots, guests' counts and orders.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_promo_counted(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with live as materialized (
        select u.org, u.promo_id, u.guest_key, count(*) as uses, sum(u.discount) as spent
        from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
        where u.returned_at is null and o.status not in ('expired', 'cancelled') group by u.org, u.promo_id, u.guest_key)
    select p.org, 'promo ' || p.id, format('uses: %s left, %s used, limit %s; budget: %s left, %s used, limit %s; of %s buckets %s count uses, %s money',
        coalesce(b.uses::text, 'any'), coalesce(l.uses, 0), coalesce(p.max_redemptions::text, 'none'), coalesce(b.budget::text, 'any'),
        coalesce(l.spent, 0), coalesce(p.budget_amount::text, 'none'), b.n, b.with_uses, b.with_budget)
    from app.promo_codes p
    cross join lateral (select count(*) as n, count(x.uses) as with_uses, count(x.budget) as with_budget, sum(x.uses) as uses,
        sum(x.budget) as budget from app.promo_buckets x where x.org = p.org and x.promo_id = p.id) b
    left join (select x.org, x.promo_id, sum(x.uses) as uses, sum(x.spent) as spent from live x group by x.org, x.promo_id) l
        on l.org = p.org and l.promo_id = p.id
    where b.n = 0 or b.with_uses <> case when p.max_redemptions is null then 0 else b.n end
       or b.with_budget <> case when p.budget_amount is null then 0 else b.n end
       or b.uses + coalesce(l.uses, 0) <> p.max_redemptions or b.budget + coalesce(l.spent, 0) <> p.budget_amount
       or l.uses > p.max_redemptions or l.spent > p.budget_amount
    union all
    select coalesce(g.org, l.org), 'promo ' || coalesce(g.promo_id, l.promo_id), format('the guest %s counts for %s uses and has %s slots',
        encode(coalesce(g.guest_key, l.guest_key), 'hex'), coalesce(g.uses, 0), coalesce(l.uses, 0))
    from app.promo_guests g full join live l on l.org = g.org and l.promo_id = g.promo_id and l.guest_key = g.guest_key
    where coalesce(g.uses, 0) <> coalesce(l.uses, 0) and exists (select from app.promo_codes p
        where p.org = coalesce(g.org, l.org) and p.id = coalesce(g.promo_id, l.promo_id) and p.max_per_guest is not null)
    union all
    select o.org, 'order ' || o.id, format('it has a discount of %s and codes %s; its slots sum to %s and name %s', o.discount,
        coalesce(o.promo_code, 'none'), coalesce(u.discount, 0), coalesce(u.codes, 'none'))
    from app.orders o
    left join (select x.org, x.order_id, sum(x.discount) as discount, string_agg(x.code, ',' order by x.place) filter (where x.place < 6) as codes
            from app.promo_uses x group by x.org, x.order_id) u
        on u.org = o.org and u.order_id = o.id
    where o.discount <> coalesce(u.discount, 0) or o.promo_code is distinct from u.codes
    limit p_limit;
end $$;
