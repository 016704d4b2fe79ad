-- app.promos_usage(p_org, p_promos, p_batch, p_each)
--   -> (batch, code, codes, reserved, committed, returned, discount_given, platform_funded, list, revenue, guests, flagged)
-- What promo codes have done: those of p_promos, of p_batch, or (null) all of
-- the organizer's. p_each: a row for each code, and one for those of a batch
-- together; else one row for all. A slot is reserved while its order waits,
-- committed by the payment, returned by a full refund where the code says so, and
-- counts no more once the order has expired or was cancelled. Money is what is
-- left of it (promo_kept); list and revenue (its net) count an order once,
-- whatever codes it has; guests are those of committed slots. flagged: slots of
-- promo_flagged.
create or replace function app.promos_usage(p_org int, p_promos uuid[], p_batch uuid, p_each boolean)
returns table (batch uuid, code text, codes bigint, reserved bigint, committed bigint, returned bigint, discount_given bigint,
    platform_funded bigint, list bigint, revenue bigint, guests bigint, flagged bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_all uuid := '00000000-0000-0000-0000-000000000000';       -- those that are not told apart
begin
    return query
    with chosen as (
        select p.id, p.code, p.batch, coalesce(case when p_each then coalesce(p.batch, p.id) else p_batch end, v_all) as part
        from app.promo_codes p
        where p.org = p_org and (p_promos is null or p.id = any (p_promos)) and (p_batch is null or p.batch = p_batch)
    ), slot as (
        select c.part, k.order_id, k.guest_key, k.discount, k.platform, k.list, k.net, k.state, f.order_id is not null as shared
        from chosen c join app.promo_kept(p_org, (select array_agg(x.id) from chosen x)) k on k.promo_id = c.id
        left join app.promo_flagged(p_org, (select array_agg(x.id) from chosen x)) f on f.promo_id = k.promo_id and f.order_id = k.order_id
    ), counted as (
        select s.part, count(*) filter (where s.state = 'waits') as waits, count(*) filter (where s.state = 'stays') as stay,
            count(*) filter (where s.state = 'back') as back, sum(s.discount) filter (where s.state <> 'waits') as off,
            sum(s.platform) filter (where s.state <> 'waits') as platform, count(*) filter (where s.shared) as shared
        from slot s group by s.part
    ), came as (
        select x.part, count(*) as guests from (select distinct s.part, s.guest_key from slot s where s.state = 'stays') x group by x.part
    ), sold as (
        select x.part, sum(x.list) as list, sum(x.net) as net
        from (select distinct s.part, s.order_id, s.list, s.net from slot s where s.state <> 'waits') x group by x.part
    ), parts as (
        select c.part, max(c.code) as code, count(*) as codes, count(c.batch) > 0 and c.part <> v_all as made_together from chosen c group by c.part
    )
    select case when p.made_together then p.part end, case when p_each and not p.made_together then p.code end, p.codes,
        coalesce(c.waits, 0), coalesce(c.stay, 0), coalesce(c.back, 0), coalesce(c.off, 0)::bigint,
        coalesce(c.platform, 0)::bigint, coalesce(s.list, 0)::bigint, coalesce(s.net, 0)::bigint, coalesce(g.guests, 0),
        coalesce(c.shared, 0)
    from parts p left join counted c on c.part = p.part
    left join came g on g.part = p.part left join sold s on s.part = p.part
    order by coalesce(c.stay, 0) desc, p.part;
end $$;
