-- app.order_snapshot(p_org, p_event, p_types) -> one row per ticket type found (one without type when none)
-- Everything that pricing needs to know, as it is now. No row: no such event.
-- Where too much is disputed, of the organizer or the event, more goes to reserve (app.risks).
create or replace function app.order_snapshot(p_org int, p_event uuid, p_types uuid[])
returns table (at timestamptz, organizer_id uuid, sellable boolean, event_status text, currency text, tax_rate_bps bigint,
    tax_inclusive boolean, tax_on_fees boolean, min_age bigint, fee_percent_bps bigint, fee_fixed_amount bigint,
    fee_payer text, reserve_bps bigint, reserve_days bigint, hold_days_after_event bigint, hold_days_after_charge bigint,
    refund_fees boolean, refund_until_hours bigint, terms_sha256 text, gateway text, type_id uuid, price bigint, min_per_order bigint,
    max_per_order bigint, hidden boolean, window_open boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
begin
    return query
    select v_now, o.id, o.verification = 'verified'
            and (o.licence_expires_on is null or o.licence_expires_on >= (v_now at time zone o.time_zone)::date),
        case when e.ends_at <= v_now then 'completed' else e.status end, e.currency, e.tax_rate_bps, e.tax_inclusive,
        e.tax_on_fees, e.min_age, o.fee_percent_bps, o.fee_fixed_amount, o.fee_payer, greatest(o.payout_reserve_bps, k.bps),
        greatest(o.payout_reserve_days, k.days), o.payout_hold_days_after_event, o.payout_hold_days_after_charge, o.refund_fees,
        o.refund_until_hours_before_event, o.terms_sha256, o.gateway, t.id, t.price, t.min_per_order, t.max_per_order, t.hidden,
        coalesce(t.sales_start_at <= v_now, true) and coalesce(t.sales_end_at > v_now, true)
    from app.organizers o
    join app.events e on e.org = o.org
    cross join lateral (select max(r.reserve_bps) as bps, max(r.reserve_days) as days from app.risks r
        where r.org = p_org and r.object_id in (o.id, e.id)) k
    left join app.ticket_types t on t.org = e.org and t.event_id = e.id and t.id = any (p_types)
    where o.org = p_org and e.org = p_org and e.id = p_event;
end $$;
