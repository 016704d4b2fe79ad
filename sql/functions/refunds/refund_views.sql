-- app.refund_views(p_org, p_ids) -> everything that a refund shows, a row each
-- over: of what it took beyond the order what nothing has covered since.
create or replace function app.refund_views(p_org int, p_ids uuid[])
returns table (id uuid, order_id uuid, organizer_id uuid, guest_id uuid, person uuid, status text, amount bigint, currency text, list bigint,
    discount bigint, net bigint, guest_fee bigint, tax bigint, share bigint, absorbed_fee bigint, own_pending bigint, own_reserve bigint,
    own_available bigint, over bigint, fees_back boolean, external boolean, ticket_ids uuid[], reason text, version int, created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.id, r.order_id, z.id, o.guest_id, g.person, r.status, r.amount, r.currency, r.list, r.discount, r.net, r.guest_fee, r.tax, r.share,
        r.absorbed_fee, r.own_pending, r.own_reserve, r.own_available, r.over - r.covered, r.fees_back, r.external, r.ticket_ids, r.reason, r.version, r.created_at
    from app.refunds r
    join app.organizers z on z.org = r.org
    join app.orders o on o.org = r.org and o.id = r.order_id
    join app.guests g on g.org = o.org and g.id = o.guest_id
    where r.org = p_org and r.id = any (p_ids)
    order by r.created_at desc, r.id desc;
end $$;
