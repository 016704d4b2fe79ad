-- ops.broken_refunds_add_up(p_limit, p_recent_s) -> (org, object, detail)
-- An order's refunds are what its row says, each is in every part the sum of its
-- tickets' (but for what the gateway gave back beyond the order), what the organizer gives of it is its share, and no ticket gave back
-- more than it was sold for.
-- Reads the refunds made or ended in the span, with their orders and parts.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_refunds_add_up(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select x.org, x.object, x.detail from (
        select r.org, 'refund ' || r.id as object, format('of %s (%s %s %s %s %s, own %s of %s), its tickets gave %s', r.amount, r.net, r.guest_fee, r.tax, r.discount,
            r.absorbed_fee, r.own_pending + r.own_reserve + r.own_available, r.share, p.total) as detail
        from app.organizers z join app.refunds r on r.org = z.org
        cross join lateral (select coalesce(sum(t.net + t.guest_fee + t.tax + t.tax_on_fee), 0) as total, coalesce(sum(t.net), 0) as net,
            coalesce(sum(t.guest_fee), 0) as guest_fee, coalesce(sum(t.organizer_promo + t.platform_promo), 0) as discount,
            coalesce(sum(t.platform_promo), 0) as platform, coalesce(sum(t.absorbed_fee), 0) as absorbed,
            coalesce(bool_and(t.live = (r.status <> 'failed')), true) as alike
            from app.ticket_returns t where t.org = r.org and t.object_id = r.id) p
        where coalesce(r.ended_at, r.created_at) >= v_since and ((r.amount, r.net, r.guest_fee, r.discount, r.share, r.absorbed_fee)
            <> (p.total + r.over - r.covered, p.net, p.guest_fee, p.discount, p.net + p.platform, p.absorbed) or not p.alike
            or r.own_pending + r.own_reserve + r.own_available <> r.share - (case when r.fees_back then r.absorbed_fee else 0 end))
        union all
        select o.org, 'order ' || o.id, format('says that %s of %s went back and is %s, its refunds are %s', o.refunded, o.total, o.status, s.total)
        from (select distinct r.org, r.order_id from app.organizers z join app.refunds r on r.org = z.org where coalesce(r.ended_at, r.created_at) >= v_since) d
        join app.orders o on o.org = d.org and o.id = d.order_id
        cross join lateral (select coalesce(sum(r.amount) filter (where r.status <> 'failed'), 0)::bigint as total,
            count(*) filter (where r.status <> 'failed') as live, coalesce(sum(r.over - r.covered) filter (where r.status <> 'failed'), 0)::bigint as over
            from app.refunds r where r.org = o.org and r.order_id = o.id) s
        cross join lateral (select coalesce(sum(d.over - d.covered), 0)::bigint as over from app.disputes d
            where d.org = o.org and d.order_id = o.id and d.moved and d.status <> 'won') g
        where o.refunded <> s.total or o.refunded + o.disputed - s.over - g.over > o.total or (s.live = 0) <> (o.status = 'paid')
        union all
        select t.org, 'ticket ' || t.id, 'gave back more than it was sold for'
        from (select distinct r.org, r.order_id from app.organizers z join app.refunds r on r.org = z.org where coalesce(r.ended_at, r.created_at) >= v_since) d
        join app.tickets t on t.org = d.org and t.order_id = d.order_id
        cross join lateral (select sum(x.net) as net, sum(x.guest_fee) as guest_fee, sum(x.tax) as tax, sum(x.tax_on_fee) as tax_on_fee,
            sum(x.organizer_promo) as organizer_promo, sum(x.platform_promo) as platform_promo, sum(x.absorbed_fee) as absorbed_fee
            from app.ticket_returns x where x.org = t.org and x.order_id = t.order_id and x.ticket_id = t.id and x.live) g
        where g.net > t.net or g.guest_fee > t.guest_fee or g.tax > t.tax or g.tax_on_fee > t.tax_on_fee
            or g.organizer_promo > t.organizer_promo or g.platform_promo > t.platform_promo or g.absorbed_fee > t.absorbed_fee) x
    limit p_limit;
end $$;
