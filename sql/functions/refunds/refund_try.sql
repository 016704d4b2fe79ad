-- app.refund_try(p_org, p_refund, p_attempt, p_first_reference, p_reference, p_lookup_ms, p_actor, p_request)
--     -> (verdict, order_id, attempt, reference, gateway, transaction, amount, currency, whole, tries)
-- An attempt of a refund, recorded before anything is sent, with the look-up
-- that finds out what became of it. The first has the refund's own id and
-- p_first_reference, so that it is known again at the gateway after a restore;
-- a later one p_attempt and p_reference. Raises BX040 while recovering.
--   verdict  begun   send it; tries: how many were made before
--            waits   one is under way
--            done    there is nothing to send any more
--            failed  the gateway refuses it: the refund is to be failed
create or replace function app.refund_try(p_org int, p_refund uuid, p_attempt uuid, p_first_reference text, p_reference text,
    p_lookup_ms bigint, p_actor text, p_request text)
returns table (verdict text, order_id uuid, attempt uuid, reference text, gateway text, transaction text, amount bigint, currency text, whole boolean, tries int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_lookup timestamptz := v_now + make_interval(secs => p_lookup_ms / 1000.0);
    v_order uuid;
    v_refund app.refunds;
    v_charge app.payments;
    v_last app.payments;
    v_verdict text;
    v_first boolean;
begin
    -- The order's lock comes first, everywhere.
    select r.order_id into v_order from app.refunds r where r.org = p_org and r.id = p_refund;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    select * into v_refund from app.refunds r where r.org = p_org and r.id = p_refund for update;
    select * into v_charge from app.payments p where p.org = p_org and p.order_id = v_order and p.kind = 'charge' and p.state = 'succeeded' for update;
    select * into v_last from app.payments p where p.org = p_org and p.refund_id = p_refund
    order by p.state in ('sending', 'unknown', 'succeeded') desc, p.state = 'declined' desc limit 1;
    v_verdict := case when v_last.state = 'declined' and v_refund.status <> 'failed' then 'failed' when v_refund.status is distinct from 'pending' then 'done'
        when v_last.state = 'succeeded' then 'done' when v_last.state in ('sending', 'unknown') then 'waits' else 'begun' end;
    v_first := not exists (select from app.payments p where p.org = p_org and p.id = p_refund);
    attempt := case when v_first then p_refund else p_attempt end;
    reference := case when v_first then p_first_reference else p_reference end;
    if v_verdict = 'begun' then
        perform ops.money_guard(p_org);
        insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind, capture_id, refund_id)
        values (p_org, attempt, v_order, v_charge.gateway, reference, v_refund.amount, v_refund.currency, 'sending', v_now, ops.now(), 'refund',
            v_charge.id, p_refund);
        perform ops.job_put(p_org, 'payment_lookup', attempt, v_lookup, false, p_request);
        perform ops.audit_put(p_org, p_actor, 'payment.refund_sending', attempt, 1, p_request, jsonb_build_object('capture', v_charge.id,
            'amount', v_refund.amount, 'currency', v_refund.currency, 'gateway', v_charge.gateway));
    end if;
    return query select v_verdict, v_order, attempt, reference, v_charge.gateway, v_charge.gateway_transaction, v_refund.amount, v_refund.currency,
        v_refund.amount = v_charge.amount,
        (select count(*)::int from app.payments p where p.org = p_org and p.refund_id = p_refund and p.id <> attempt);
end $$;
