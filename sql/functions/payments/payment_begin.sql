-- app.payment_begin(p_org, p_order, p_payment, p_reference, p_gateway, p_amount, p_currency, p_idem_org, p_idem_principal,
--     p_idem_key, p_idem_status, p_lookup_ms, p_actor, p_request)
-- An attempt to charge, recorded before anything is sent, with the look-up
-- that finds out what became of it if nobody comes back. The order is
-- processing already and its total is what is charged (pair assertion). A
-- second live attempt is refused by a unique index.
-- Touches ops.epoch, payments, jobs, audit.
create or replace function app.payment_begin(p_org int, p_order uuid, p_payment uuid, p_reference text, p_gateway text,
    p_amount bigint, p_currency text, p_idem_org int, p_idem_principal uuid, p_idem_key text, p_idem_status int,
    p_lookup_ms bigint, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_lookup timestamptz := v_now + make_interval(secs => p_lookup_ms / 1000.0);
begin
    perform ops.money_guard(p_org);
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, idem_org, idem_principal,
        idem_key, idem_status, armed_at, created_at)
    select p_org, p_payment, p_order, p_gateway, p_reference, p_amount, p_currency, 'sending', p_idem_org,
        p_idem_principal, p_idem_key, p_idem_status, v_now, ops.now()
    from app.orders o
    where o.org = p_org and o.id = p_order and o.status = 'processing' and o.total = p_amount and o.currency = p_currency;
    if not found then
        raise exception 'order % is not processing a payment of % %', p_order, p_amount, p_currency;
    end if;
    perform ops.job_put(p_org, 'payment_lookup', p_payment, v_lookup, false, p_request);
    perform ops.audit_put(p_org, p_actor, 'payment.sending', p_payment, 1, p_request,
        jsonb_build_object('order', p_order, 'amount', p_amount, 'currency', p_currency, 'gateway', p_gateway));
end $$;
