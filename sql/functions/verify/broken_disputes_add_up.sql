-- ops.broken_disputes_add_up(p_limit, p_recent_s) -> (org, object, detail)
-- A dispute whose money moved has, in every part, what its tickets gave, and they
-- have it until it is won; its entries leave its amount in dispute_receivable while it is
-- open, and nothing after; and an order's disputes that are open or lost are what its row says.
-- Reads the disputes reported in the span, with their orders, parts and entries.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_disputes_add_up(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select x.org, x.object, x.detail from (
        select d.org, 'dispute ' || d.id as object, format('is %s, of %s (%s beyond the order), its tickets gave %s, and its entries leave %s', d.status, d.amount,
            d.over - d.covered, p.total, e.left_there) as detail
        from app.organizers z join app.disputes d on d.org = z.org
        cross join lateral (select coalesce(sum(t.net + t.guest_fee + t.tax + t.tax_on_fee), 0) as total, coalesce(sum(t.net), 0) as net,
            coalesce(sum(t.guest_fee), 0) as guest_fee, coalesce(sum(t.organizer_promo + t.platform_promo), 0) as discount,
            coalesce(sum(t.platform_promo), 0) as platform, coalesce(sum(t.absorbed_fee), 0) as absorbed,
            coalesce(bool_and(t.live = (d.status <> 'won')), true) as alike
            from app.ticket_returns t where t.org = d.org and t.object_id = d.id) p
        cross join lateral (select coalesce(sum(n.amounts[array_position(n.accounts, 'dispute_receivable')]), 0) as left_there, count(*) as n
            from ledger.entries n where n.org = d.org and n.object_id = d.id
              and n.effect in ('dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_reversed')) e
        where d.reported_at >= v_since and ((d.moved and ((d.amount - d.over + d.covered, d.net, d.guest_fee, d.discount, d.share, d.absorbed_fee)
                <> (p.total, p.net, p.guest_fee, p.discount, p.net + p.platform, p.absorbed) or not p.alike))
            or e.left_there <> case when d.moved and d.ended_at is null then d.amount else 0 end or d.moved <> (e.n > 0))
        union all
        select o.org, 'order ' || o.id, format('says that %s are disputed, its disputes are %s', o.disputed, s.total)
        from (select distinct d.org, d.order_id from app.organizers z join app.disputes d on d.org = z.org where d.reported_at >= v_since) u
        join app.orders o on o.org = u.org and o.id = u.order_id
        cross join lateral (select coalesce(sum(d.amount), 0)::bigint as total from app.disputes d
            where d.org = o.org and d.order_id = o.id and d.moved and d.status <> 'won') s
        where o.disputed <> s.total) x
    limit p_limit;
end $$;
