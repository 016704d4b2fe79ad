-- ops.broken_entry_has_object(p_limit, p_recent_s) -> (org, object, detail)
-- An entry stands for something that happened: a sale, and what matured or was
-- released, for a paid order, a refund and its failure for an order's refund, an unplaced capture for a charge that no order
-- takes, a settled refund for one that succeeded, an unsettled one for one that
-- failed afterwards, a dispute's for one that came so far, what came back and paid
-- for others for a refund that failed or a dispute that was won; in its currency. An effect that is not known here is told
-- too: whoever posts a new one says here what it stands for.
-- Reads the entries of the span, by index, and their objects.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_entry_has_object(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select e.org, 'entry ' || e.id, case
        when e.effect not in ('sale', 'matured', 'reserve_released', 'unplaced_capture', 'refund', 'refund_failed', 'refund_settled',
            'refund_unsettled', 'dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_reversed', 'dispute_fee_passed', 'dispute_fee_returned',
            'over_covered')
            then format('nobody knows the effect %s', e.effect)
        else format('%s of %s %s, which is %s', e.effect, e.currency, e.object_id,
            coalesce(o.status || ' in ' || o.currency, 'a refund ' || r.status || ' in ' || r.currency,
                'a dispute ' || d.status || ' in ' || d.currency, p.kind || ' ' || p.state || ' in ' || p.currency, 'not there')) end
    from app.organizers z join ledger.entries e on e.org = z.org
    left join app.orders o on o.org = e.org and o.id = e.object_id and e.effect in ('sale', 'matured', 'reserve_released')
    left join app.refunds r on r.org = e.org and r.id = e.object_id and e.effect in ('refund', 'refund_failed', 'refund_settled', 'refund_unsettled', 'over_covered')
    left join app.disputes d on d.org = e.org and d.id = e.object_id and e.effect in ('dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_reversed',
        'dispute_fee_passed', 'dispute_fee_returned', 'over_covered')
    left join app.payments p on p.org = e.org and p.id = e.object_id and e.effect in ('unplaced_capture', 'refund_settled', 'refund_unsettled', 'over_covered')
    where e.recorded_at >= v_since and not coalesce(case
        when e.effect in ('sale', 'matured', 'reserve_released') then o.paid_at is not null and o.currency = e.currency and e.order_id = o.id
        when e.effect = 'unplaced_capture' then p.kind = 'charge' and p.state in ('late_approved', 'voided') and p.currency = e.currency
        when e.effect = 'refund' then r.currency = e.currency and r.order_id = e.order_id
        when e.effect = 'refund_failed' then r.status = 'failed' and r.currency = e.currency and r.order_id = e.order_id
        when e.effect = 'over_covered' then (r.status = 'failed' and r.currency = e.currency)
            or (p.kind = 'refund' and p.state = 'declined') or (d.status = 'won' and d.currency = e.currency)
        when e.effect = 'dispute_won' then d.status = 'won' and d.currency = e.currency
        when e.effect = 'dispute_lost' then (d.status in ('lost', 'accepted') or d.reversed) and d.currency = e.currency
        when e.effect in ('dispute_reversed', 'dispute_fee_returned') then d.reversed and d.currency = e.currency
        when e.effect = 'dispute_fee_passed' then (d.fee_passed or d.reversed) and d.currency = e.currency
        when e.effect = 'dispute_opened' then d.moved and d.currency = e.currency
        when r.id is not null then r.currency = e.currency and (e.effect = 'refund_unsettled' or r.status = 'succeeded' or exists (
            select from ledger.entries u where u.org = e.org and u.effect = 'refund_unsettled' and u.object_id = e.object_id))
        when e.effect = 'refund_settled' then p.kind = 'refund' and p.currency = e.currency and (p.state = 'succeeded' or exists (
            select from ledger.entries u where u.org = e.org and u.effect = 'refund_unsettled' and u.object_id = e.object_id))
        when e.effect = 'refund_unsettled' then p.kind = 'refund' and p.state = 'declined' and p.currency = e.currency end, false)
    limit p_limit;
end $$;
