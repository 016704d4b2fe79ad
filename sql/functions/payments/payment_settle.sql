-- app.payment_settle(p_org, p_payment, p_to, p_outcome, p_decline, p_transaction, p_brand, p_last4, p_ticket_ids,
--     p_ticket_codes, p_entry, p_accounts, p_amounts, p_lookup_ms, p_actor, p_request, p_occurred)
-- The ONE transition of a payment: the sending worker, the look-up and the
-- operator all come here, and whoever comes second gets BX022 and changes
-- nothing. On succeeded, in the same commit: tickets, entry, outbox, audit.
--   sending -> succeeded | declined | not_sent | unknown
--   unknown -> succeeded | declined | not_found_final
create or replace function app.payment_settle(p_org int, p_payment uuid, p_to text, p_outcome text, p_decline text,
    p_transaction text, p_brand text, p_last4 text, p_ticket_ids uuid[], p_ticket_codes text[], p_entry uuid,
    p_accounts text[], p_amounts bigint[], p_lookup_ms bigint, p_actor text, p_request text,
    p_occurred timestamptz default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid;
    v_row app.payments;
    v_resolved timestamptz := case when p_to <> 'unknown' then now() end;
    v_lookup timestamptz := clock_timestamp() + make_interval(secs => p_lookup_ms / 1000.0);
begin
    -- The order's lock comes first, everywhere.
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = p_payment;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such payment';
    elsif not (v_row.state, p_to) in (('sending', 'succeeded'), ('sending', 'declined'), ('sending', 'not_sent'),
        ('sending', 'unknown'), ('unknown', 'succeeded'), ('unknown', 'declined'), ('unknown', 'not_found_final')) then
        raise exception using errcode = 'BX022', message = format('the payment is %s', v_row.state);
    end if;
    update app.payments set state = p_to, outcome_code = p_outcome, decline_code = p_decline,
        gateway_transaction = p_transaction, card_brand = p_brand, card_last4 = p_last4, resolved_at = v_resolved
    where org = p_org and id = p_payment;
    if p_to = 'unknown' then
        perform ops.job_put(p_org, 'payment_lookup', p_payment, v_lookup, false, p_request);
    else
        perform ops.job_drop(p_org, 'payment_lookup', p_payment);
    end if;
    perform ops.audit_put(p_org, p_actor, 'payment.' || p_to, p_payment, null, p_request,
        jsonb_build_object('order', v_order, 'outcome', p_outcome, 'transaction', p_transaction));
    if p_to = 'succeeded' then
        perform app.order_paid(p_org, v_order, p_ticket_ids, p_ticket_codes, p_entry, p_accounts, p_amounts, p_actor, p_request,
            p_occurred);
    elsif p_to <> 'unknown' then
        perform app.order_held_again(p_org, v_order, p_actor, p_request);
        perform ops.outbox_put(p_org, 'payment.failed', p_payment, 1, jsonb_build_object('order', v_order, 'payment', p_payment));
    end if;
end $$;
