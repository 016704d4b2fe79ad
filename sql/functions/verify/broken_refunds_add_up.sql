-- ops.broken_refunds_add_up(p_limit, p_recent_s) -> (org, object, detail)
-- An order's refunds are what its row says, each is the sum of its tickets'
-- parts, and no ticket gave back more than it was sold for.
-- Reads the refunds of the span, by index, with their orders and parts.
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
        select r.org, 'refund ' || r.id as object, format('of %s, its tickets gave %s', r.amount, coalesce(p.total, 0)) as detail
        from app.organizers z join app.refunds r on r.org = z.org
        cross join lateral (select sum(t.net + t.guest_fee + t.tax + t.tax_on_fee)::bigint as total, bool_and(t.live = (r.status <> 'failed')) as alike
            from app.ticket_returns t where t.org = r.org and t.object_id = r.id) p
        where r.created_at >= v_since and (r.amount <> coalesce(p.total, 0) or not p.alike)
        union all
        select o.org, 'order ' || o.id, format('says that %s of %s went back and is %s, its refunds are %s', o.refunded, o.total, o.status, s.total)
        from (select distinct r.org, r.order_id from app.organizers z join app.refunds r on r.org = z.org where r.created_at >= v_since) d
        join app.orders o on o.org = d.org and o.id = d.order_id
        cross join lateral (select coalesce(sum(r.amount) filter (where r.status <> 'failed'), 0)::bigint as total,
            count(*) filter (where r.status <> 'failed') as live from app.refunds r where r.org = o.org and r.order_id = o.id) s
        where o.refunded <> s.total or o.refunded + o.disputed > o.total or (s.live = 0) <> (o.status = 'paid')
        union all
        select t.org, 'ticket ' || t.id, 'gave back more than it was sold for'
        from (select distinct r.org, r.order_id from app.organizers z join app.refunds r on r.org = z.org where r.created_at >= v_since) d
        join app.tickets t on t.org = d.org and t.order_id = d.order_id
        cross join lateral (select sum(x.net) as net, sum(x.guest_fee) as guest_fee, sum(x.tax) as tax, sum(x.tax_on_fee) as tax_on_fee,
            sum(x.organizer_promo) as organizer_promo, sum(x.platform_promo) as platform_promo, sum(x.absorbed_fee) as absorbed_fee
            from app.ticket_returns x where x.org = t.org and x.order_id = t.order_id and x.ticket_id = t.id and x.live) g
        where g.net > t.net or g.guest_fee > t.guest_fee or g.tax > t.tax or g.tax_on_fee > t.tax_on_fee
            or g.organizer_promo > t.organizer_promo or g.platform_promo > t.platform_promo or g.absorbed_fee > t.absorbed_fee) x
    limit p_limit;
end $$;
