-- app.payment_settle(p_org, p_payment, p_to, p_outcome, p_decline, p_transaction, p_brand, p_last4, p_ticket_ids,
--     p_ticket_codes, p_entry, p_accounts, p_amounts, p_lookup_ms, p_actor, p_request, p_occurred, p_unplaced,
--     p_unplaced_accounts, p_unplaced_amounts, p_fingerprint) -> what the attempt is now
-- The ONE transition of an attempt, charge or refund: the sending worker, the
-- look-up (asked for by time, webhook, sweep or operator) and the operator all
-- come here, and whoever comes second gets BX022 and changes nothing.
--   sending -> succeeded | declined | not_sent | unknown
--   unknown -> succeeded | declined | not_found_final
--   thought not made (declined, not_sent, not_found_final), but the gateway
--   has it after all -> succeeded; a charge that its order does not take ->
--   late_approved: only when the caller knows that it may be (p_unplaced given)
--   a refund that succeeded and failed later -> declined, and its money is owed again
-- In the same commit, a charge that succeeded: tickets, entry, outbox; one that
-- no order takes: the entry p_unplaced; a refund that succeeded: its entry.
create or replace function app.payment_settle(p_org int, p_payment uuid, p_to text, p_outcome text, p_decline text,
    p_transaction text, p_brand text, p_last4 text, p_ticket_ids uuid[], p_ticket_codes text[], p_entry uuid,
    p_accounts text[], p_amounts bigint[], p_lookup_ms bigint, p_actor text, p_request text,
    p_occurred timestamptz default null, p_unplaced uuid default null, p_unplaced_accounts text[] default null,
    p_unplaced_amounts bigint[] default null, p_fingerprint bytea default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid;
    v_capture uuid;
    v_row app.payments;
    v_to text;
    v_resolved timestamptz := case when p_to <> 'unknown' then now() end;
    v_now timestamptz := clock_timestamp();
    v_lookup timestamptz := v_now + make_interval(secs => p_lookup_ms / 1000.0);
begin
    -- The order's lock comes first, everywhere; then the capture's, then its refund's.
    select p.order_id, p.capture_id into v_order, v_capture from app.payments p where p.org = p_org and p.id = p_payment;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    perform 1 from app.payments p where p.org = p_org and p.id = v_capture for update;
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such payment';
    end if;
    v_to := app.payment_next(p_org, p_payment, p_to, p_unplaced is not null, p_actor, p_request);
    update app.payments set state = v_to, outcome_code = p_outcome, decline_code = p_decline,
        gateway_transaction = p_transaction, card_brand = p_brand, card_last4 = p_last4,
        card_fingerprint = p_fingerprint, resolved_at = v_resolved
    where org = p_org and id = p_payment;
    if v_to = 'unknown' then
        perform ops.job_put(p_org, 'payment_lookup', p_payment, v_lookup, false, p_request);
    elsif v_row.heard <@ (case when v_to in ('succeeded', 'late_approved') then array[p_transaction] else '{}' end) then
        perform ops.job_drop(p_org, 'payment_lookup', p_payment);
    else                                                -- the gateway told of another charge for it
        perform ops.job_put(p_org, 'payment_lookup', p_payment, v_now, false, p_request);
    end if;
    perform ops.audit_put(p_org, p_actor, case v_row.kind when 'refund' then 'payment.refund_' else 'payment.' end || v_to,
        p_payment, null, p_request, jsonb_build_object('order', v_order, 'was', v_row.state, 'outcome', p_outcome,
        'transaction', p_transaction));
    if v_row.kind = 'refund' then
        perform app.refund_ended(p_org, p_payment, v_row.state, p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred);
    elsif v_to = 'succeeded' then
        perform app.order_paid(p_org, v_order, p_ticket_ids, p_ticket_codes, p_entry, p_accounts, p_amounts, p_actor, p_request,
            p_occurred);
        if v_row.state <> 'sending' or p_actor in ('jobs', 'operator') then    -- looked up; the sender's is too early to be told of
            perform app.refund_reports_ask(p_org, p_payment, p_request);
        end if;
    elsif v_to = 'late_approved' then
        perform app.capture_unplaced(p_org, p_payment, p_unplaced, p_unplaced_accounts, p_unplaced_amounts, p_actor, p_request,
            p_occurred);
    elsif v_to <> 'unknown' then
        perform app.order_held_again(p_org, v_order, p_actor, p_request);
        perform ops.outbox_put(p_org, 'payment.failed', p_payment, 1, jsonb_build_object('order', v_order, 'payment', p_payment));
    end if;
    return v_to;
end $$;
