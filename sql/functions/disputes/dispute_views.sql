-- app.dispute_views(p_org, p_ids) -> everything that a dispute shows, a row each
-- event_id, guest_id and person are those of the charge's order, also where it
-- did not take the charge (order_id null); null where it has none.
create or replace function app.dispute_views(p_org int, p_ids uuid[])
returns table (id uuid, organizer_id uuid, order_id uuid, event_id uuid, guest_id uuid, person uuid, capture_id uuid, gateway text,
    gateway_dispute text, status text, amount bigint, currency text, fee bigint, over bigint, covered bigint, list bigint, discount bigint,
    net bigint, guest_fee bigint, tax bigint, share bigint, absorbed_fee bigint, own_pending bigint, own_reserve bigint, own_available bigint,
    reason text, category text, due_by timestamptz, moved boolean, fee_passed boolean, reversed boolean, answer text, answered_at timestamptz,
    opened_at timestamptz, ended_at timestamptz, version int, created_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select d.id, z.id, d.order_id, o.event_id, o.guest_id, g.person, d.capture_id, d.gateway, d.gateway_dispute, d.status, d.amount, d.currency,
        d.fee, d.over, d.covered, d.list, d.discount, d.net, d.guest_fee, d.tax, d.share, d.absorbed_fee, d.own_pending, d.own_reserve,
        d.own_available, d.reason, d.category, d.due_by, d.moved, d.fee_passed, d.reversed, d.answer, d.answered_at, d.opened_at, d.ended_at,
        d.version, d.created_at
    from app.disputes d
    join app.organizers z on z.org = d.org
    join app.payments p on p.org = d.org and p.id = d.capture_id
    left join app.orders o on o.org = p.org and o.id = p.order_id
    left join app.guests g on g.org = o.org and g.id = o.guest_id
    where d.org = p_org and d.id = any (p_ids)
    order by d.created_at desc, d.id desc;
end $$;
