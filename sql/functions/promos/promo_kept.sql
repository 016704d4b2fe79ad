-- app.promo_kept(p_org, p_promos) -> (promo_id, order_id, guest_key, state, discount, platform, list, net)
-- The slots of these codes (null: all of the organizer's) in orders that are
-- paid or wait to be, and what is left of them: money that has gone back, by a
-- refund or a lost dispute, has taken its part of list, net and discount along,
-- and of several codes of an order each its part, in their order.
--   state  waits  its order is held or processing
--          stays  its order is paid
--          back   given back by a full refund; if that failed, and another buyer had it by then, its order still has its discount
create or replace function app.promo_kept(p_org int, p_promos uuid[])
returns table (promo_id uuid, order_id uuid, guest_key bytea, state text, discount bigint, platform bigint, list bigint, net bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select u.promo_id, u.order_id, u.guest_key,
        case when u.returned_at is not null then 'back' when o.status in ('held', 'processing') then 'waits' else 'stays' end,
        case when b.discount > 0 then (round(c.discount * (o.discount - b.discount) / o.discount)
            - round((c.discount - u.discount) * (o.discount - b.discount) / o.discount))::bigint else u.discount end,
        case when b.platform > 0 then (round(c.platform * (c.platforms - b.platform) / c.platforms)
            - round((c.platform - u.platform) * (c.platforms - b.platform) / c.platforms))::bigint else u.platform end,
        (o.list - coalesce(b.net + b.discount, 0))::bigint, (o.net - coalesce(b.net, 0))::bigint
    from app.promo_uses u
    join app.orders o on o.org = u.org and o.id = u.order_id
    left join lateral (
        select sum(r.net) as net, sum(r.organizer_promo + r.platform_promo) as discount, sum(r.platform_promo) as platform
        from app.ticket_returns r where r.org = p_org and r.order_id = o.id and r.live and not exists (select from app.disputes d
            where d.org = r.org and d.id = r.object_id and d.status not in ('lost', 'accepted'))
        having o.status in ('partially_refunded', 'refunded') or o.disputed > 0) b on true
    left join lateral (
        select sum(x.discount) filter (where x.place <= u.place) as discount, sum(x.platform) filter (where x.place <= u.place) as platform,
            sum(x.platform) as platforms
        from app.promo_uses x where x.org = p_org and x.order_id = u.order_id
        having b.discount > 0) c on true
    where u.org = p_org and o.org = p_org and (p_promos is null or u.promo_id = any (p_promos)) and o.status not in ('expired', 'cancelled');
end $$;
