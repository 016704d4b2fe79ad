-- app.capture_unplaced(p_org, p_payment, p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred)
-- The gateway has captured what no order takes: booked at once (ledger recipe
-- 11), and its money goes back by a job. The entry clears what was captured
-- (pair assertion). Inner function.
create or replace function app.capture_unplaced(p_org int, p_payment uuid, p_entry uuid, p_accounts text[],
    p_amounts bigint[], p_actor text, p_request text, p_occurred timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_clearing bigint := coalesce(p_amounts[array_position(p_accounts, 'gateway_clearing')], 0);
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment;
    if v_row.state <> 'late_approved' or v_clearing <> v_row.amount then
        raise exception 'payment % is % of %, the entry clears %', p_payment, v_row.state, v_row.amount, v_clearing;
    end if;
    perform ledger.entry_post(p_org, p_entry, 'unplaced_capture', p_payment, v_row.order_id, null, v_row.currency, p_accounts,
        p_amounts, least(coalesce(p_occurred, v_now), v_now), null);
    perform ops.job_put(p_org, 'capture_return', p_payment, v_due, false, p_request);
    perform ops.audit_put(p_org, p_actor, 'capture.unplaced', p_payment, null, p_request, jsonb_build_object('order', v_row.order_id,
        'amount', v_row.amount, 'currency', v_row.currency, 'transaction', v_row.gateway_transaction, 'entry', p_entry));
    perform app.refund_reports_ask(p_org, p_payment, p_request);
end $$;
