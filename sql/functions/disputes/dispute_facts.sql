-- app.dispute_facts(p_org, p_capture, p_gateway, p_dispute) -> the charge, and the dispute where there is one (id null: none); no row: no such charge
-- Locks the order, the charge, the dispute: what is decided on this stands until
-- commit. owed: of a charge that no order took, what is still to be given
-- back; had: what is not since this dispute was lost. on_its_way: a refund of it is under way.
create or replace function app.dispute_facts(p_org int, p_capture uuid, p_gateway text, p_dispute text)
returns table (order_id uuid, placed boolean, capture_state text, currency text, owed bigint, had bigint, on_its_way boolean, pass_fee boolean, at timestamptz,
    id uuid, status text, amount bigint, fee bigint, over bigint, covered bigint, list bigint, discount bigint, net bigint, guest_fee bigint,
    tax bigint, share bigint, absorbed_fee bigint, own_pending bigint, own_reserve bigint, own_available bigint, due_by timestamptz,
    moved boolean, fee_passed boolean, reversed boolean, answer text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_order uuid;
begin
    -- The order's lock comes first, everywhere.
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = p_capture and p.kind = 'charge';
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    perform 1 from app.payments p where p.org = p_org and p.id = p_capture for update;
    perform 1 from app.disputes d where d.org = p_org and d.gateway = p_gateway and d.gateway_dispute = p_dispute for update;
    return query
    select p.order_id, p.state = 'succeeded', p.state, p.currency,
        case when p.state = 'late_approved' then app.dispute_owed(p_org, p_capture) else 0 end,
        least(d.amount, app.dispute_booked(p_org, p_capture)),
        exists (select from app.payments r where r.org = p_org and r.capture_id = p.id and r.kind = 'refund' and r.state in ('sending', 'unknown')),
        z.dispute_pass_fee, v_now, d.id, d.status, d.amount, d.fee, d.over, d.covered, d.list, d.discount, d.net, d.guest_fee, d.tax, d.share,
        d.absorbed_fee, d.own_pending, d.own_reserve, d.own_available, d.due_by, d.moved, d.fee_passed, d.reversed, d.answer
    from app.payments p
    join app.organizers z on z.org = p.org
    left join app.disputes d on d.org = p.org and d.gateway = p_gateway and d.gateway_dispute = p_dispute
    where p.org = p_org and p.id = p_capture and p.kind = 'charge';
end $$;
