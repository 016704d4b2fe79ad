-- app.order_views(p_org, p_ids) -> everything that an order shows, a row each
-- line_amounts: unit_price, list, discount, net, fee, tax, total of each line.
create or replace function app.order_views(p_org int, p_ids uuid[])
returns table (id uuid, organizer_id uuid, event_id uuid, status text, currency text, list bigint, discount bigint,
    net bigint, guest_fee bigint, absorbed_fee bigint, tax bigint, share bigint, reserve bigint, total bigint,
    refunded bigint, disputed bigint, promo_code text, metadata text, expires_at timestamptz, created_at timestamptz,
    version int, gateway text, guest_id uuid, person uuid, guest_name text, guest_email text,
    line_types uuid[], line_quantities bigint[], line_amounts bigint[],
    pay_ids uuid[], pay_states text[], pay_declines text[], pay_brands text[], pay_last4s text[],
    ticket_ids uuid[], ticket_types uuid[], ticket_codes text[], ticket_statuses text[],
    promo_codes text[], promo_discounts bigint[], access_code text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select o.id, z.id, o.event_id, o.status, o.currency, o.list, o.discount, o.net, o.guest_fee, o.absorbed_fee, o.tax, o.share,
        o.reserve, o.total, o.refunded, o.disputed, o.promo_code, o.metadata, o.expires_at, o.created_at, o.version, z.gateway,
        g.id, g.person, g.name, g.email, l.types, l.quantities, l.amounts,
        p.ids, p.states, p.declines, p.brands, p.last4s, t.ids, t.types, t.codes, t.statuses,
        u.codes, u.discounts, u.access
    from app.orders o
    join app.organizers z on z.org = o.org
    join app.guests g on g.org = o.org and g.id = o.guest_id
    cross join lateral (
        select array_agg(x.type_id order by x.line) as types, array_agg(x.quantity order by x.line) as quantities,
            array_agg(array[x.unit_price, x.list, x.discount, x.net, x.fee, x.tax, x.total] order by x.line) as amounts
        from app.order_lines x where x.org = p_org and x.order_id = o.id) l
    cross join lateral (
        select array_agg(x.id order by x.created_at, x.id) as ids, array_agg(x.state order by x.created_at, x.id) as states,
            array_agg(coalesce(x.decline_code, '') order by x.created_at, x.id) as declines,
            array_agg(coalesce(x.card_brand, '') order by x.created_at, x.id) as brands,
            array_agg(coalesce(x.card_last4, '') order by x.created_at, x.id) as last4s
        from app.payments x where x.org = p_org and x.order_id = o.id and x.kind = 'charge') p
    cross join lateral (
        select array_agg(x.id order by x.line, x.seat) as ids, array_agg(x.type_id order by x.line, x.seat) as types,
            array_agg(x.code order by x.line, x.seat) as codes,
            array_agg(case x.status when 'used' then app.ticket_status(p_org, x.id) else x.status end order by x.line, x.seat) as statuses
        from app.tickets x where x.org = p_org and x.order_id = o.id) t
    cross join lateral (
        select array_agg(x.code order by x.place) filter (where x.place < 6) as codes,
            array_agg(x.discount order by x.place) filter (where x.place < 6) as discounts,
            max(x.code) filter (where x.place = 6) as access
        from app.promo_uses x where x.org = p_org and x.order_id = o.id) u
    where o.org = p_org and o.id = any (p_ids)
    order by o.created_at desc, o.id desc;
end $$;
