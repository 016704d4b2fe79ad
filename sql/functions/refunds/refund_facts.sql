-- app.refund_facts(p_org, p_order) -> what a refund of the order must know; no row: no such order
-- Locks the order: what is decided on this stands until commit. own_*: what the
-- organizer has of it (order_holds). came_available, from_available: all that
-- ever came to organizer_available for it, and all that was taken from there, but
-- for dispute fees. contested: what could be given back but for disputes that are open.
-- frozen: the event is cancelled or postponed. stands: it is not, nor has the
-- guest, who bought before it was postponed, the time in which the money may be
-- asked for; before with a minute's grace, since an order may have seen it on
-- sale and been made until the postponement was committed.
create or replace function app.refund_facts(p_org int, p_order uuid)
returns table (at timestamptz, organizer_id uuid, status text, total bigint, currency text, refunded bigint, disputed bigint,
    fees_back boolean, guest_id uuid, person uuid, stands boolean, allow_negative boolean,
    capture_id uuid, own_pending bigint, own_reserve bigint, matured boolean, reserve_released boolean, came_available bigint,
    from_available bigint, window_open boolean, live_refunds int, contested bigint, frozen boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_came bigint;
    v_from bigint;
begin
    perform 1 from app.orders o where o.org = p_org and o.id = p_order for update;
    select -coalesce(sum(x.amount) filter (where x.amount < 0), 0), coalesce(sum(x.amount) filter (where x.amount > 0), 0) into v_came, v_from
    from (select e.amounts[array_position(e.accounts, 'organizer_available')] as amount
          from ledger.entries e where e.org = p_org and e.order_id = p_order and e.effect not in ('dispute_fee_passed', 'dispute_fee_returned')) x;
    return query
    select v_now, z.id, o.status, o.total, o.currency, o.refunded, o.disputed, (o.policy::jsonb ->> 'refund_fees')::boolean,
        o.guest_id, g.person, not (m.frozen or m.moved), z.payout_allow_negative, p.id, h.pending, h.reserve,
        app.order_has_entry(p_org, p_order, 'matured'), app.order_has_entry(p_org, p_order, 'reserve_released'), v_came, v_from,
        e.status = 'cancelled' or m.moved or v_now < e.starts_at - make_interval(hours => (o.policy::jsonb ->> 'refund_until_hours')::int),
        (select count(*)::int from app.refunds r where r.org = p_org and r.order_id = p_order and r.status <> 'failed'),
        (select coalesce(sum(x.net + x.tax + case when (o.policy::jsonb ->> 'refund_fees')::boolean then x.guest_fee + x.tax_on_fee else 0 end), 0)::bigint
            from app.disputes d join app.ticket_returns x on x.org = d.org and x.object_id = d.id
            where d.org = p_org and d.order_id = p_order and d.moved and d.status not in ('won', 'lost', 'accepted')),
        m.frozen
    from app.orders o
    join app.organizers z on z.org = o.org
    join app.guests g on g.org = o.org and g.id = o.guest_id
    join app.events e on e.org = o.org and e.id = o.event_id
    cross join lateral (select app.event_frozen(p_org, e.id) as frozen,
        coalesce(o.created_at < e.postponed_at + interval '1 minute' and v_now < e.refunds_until, false) as moved) m
    cross join lateral app.order_holds(p_org, p_order) h
    left join app.payments p on p.org = o.org and p.order_id = o.id and p.kind = 'charge' and p.state = 'succeeded'
    where o.org = p_org and o.id = p_order;
end $$;
