-- app.refund_made(p_org, p_capture, p_attempt, p_refund, p_reference, p_transaction, p_outcome, p_amount, p_over, p_external,
--     p_entry, p_accounts, p_amounts, p_occurred, p_actor, p_request)
-- Money of a charge that went back without our sending it, in the same
-- transaction as refund_judge: an attempt that has succeeded, with its entry
-- (refund_ended). p_refund: the order's refund, booked before; null: no order has
-- the charge. p_over: beyond what there was to give back: told as a discrepancy.
create or replace function app.refund_made(p_org int, p_capture uuid, p_attempt uuid, p_refund uuid, p_reference text, p_transaction text,
    p_outcome text, p_amount bigint, p_over bigint, p_external boolean, p_entry uuid, p_accounts text[], p_amounts bigint[],
    p_occurred timestamptz, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_created timestamptz := ops.now();
    v_charge app.payments;
begin
    select * into v_charge from app.payments p where p.org = p_org and p.id = p_capture;
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, outcome_code, gateway_transaction, armed_at,
        resolved_at, created_at, kind, capture_id, unplaced, refund_id, external)
    values (p_org, p_attempt, v_charge.order_id, v_charge.gateway, p_reference, p_amount, v_charge.currency, 'succeeded', p_outcome, p_transaction, v_now,
        v_now, v_created, 'refund', p_capture, p_refund is null, p_refund, p_external);
    perform ops.audit_put(p_org, p_actor, 'payment.refund_succeeded', p_attempt, null, p_request, jsonb_build_object('order', v_charge.order_id,
        'was', null, 'outcome', p_outcome, 'transaction', p_transaction, 'capture', p_capture, 'external', p_external));
    perform app.refund_ended(p_org, p_attempt, 'sending', p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred);
    if p_over > 0 then
        perform app.discrepancy_open(p_org, 'over_captured', coalesce(p_refund, p_attempt), v_charge.order_id, p_over, v_charge.currency,
            format('the gateway gave back %s, %s more than there was to give', p_amount, p_over), p_actor, p_request);
    end if;
end $$;
