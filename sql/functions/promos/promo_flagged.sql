-- app.promo_flagged(p_org, p_promos) -> (promo_id, order_id)
-- The uses of these codes that were paid with a card with which another guest
-- has used the same code, the newest first; whether they were given back since
-- doesn't matter. It is counted when somebody asks: no gateway tells a card
-- before it charges, so a checkout has nothing to look up and nothing to refuse.
create or replace function app.promo_flagged(p_org int, p_promos uuid[])
returns table (promo_id uuid, order_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with paid as (
        select u.promo_id, u.order_id, u.guest_key, u.created_at, y.card_fingerprint
        from app.promo_uses u join app.payments y on y.org = p_org and y.order_id = u.order_id
        where u.org = p_org and u.promo_id = any (p_promos)
            and y.kind = 'charge' and y.state = 'succeeded' and y.card_fingerprint is not null
    ), shared as (
        select x.promo_id, x.card_fingerprint
        from (select distinct p.promo_id, p.card_fingerprint, p.guest_key from paid p) x
        group by x.promo_id, x.card_fingerprint having count(*) > 1
    )
    select p.promo_id, p.order_id
    from paid p join shared s on s.promo_id = p.promo_id and s.card_fingerprint = p.card_fingerprint
    order by p.created_at desc, p.order_id;
end $$;
