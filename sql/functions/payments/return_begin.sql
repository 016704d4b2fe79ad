-- app.return_begin(p_org, p_capture, p_refund, p_reference, p_lookup_ms, p_actor, p_request)
--     -> (verdict, gateway, transaction, amount, whole, currency, order_id, tries)
-- A refund of what is left of an unplaced capture, recorded before anything is sent, with the
-- look-up that finds out what became of it. Raises BX040 while recovering.
--   whole    nothing of it was given back at the gateway
--   verdict  begun  send it; tries: how many were made before
--            waits  one is under way
--            disputed  the guest may get it by a dispute: its end asks again
--            had    amount of it the guest has by a dispute that was lost before a refund failed: return_had books that
--            done   the money is back
create or replace function app.return_begin(p_org int, p_capture uuid, p_refund uuid, p_reference text,
    p_lookup_ms bigint, p_actor text, p_request text)
returns table (verdict text, gateway text, transaction text, amount bigint, whole boolean, currency text, order_id uuid, tries int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_lookup timestamptz := v_now + make_interval(secs => p_lookup_ms / 1000.0);
    v_order uuid;
    v_row app.payments;
    v_open int;
    v_tries int;
    v_left bigint;
    v_had bigint;
begin
    -- The order's lock comes first, everywhere.
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = p_capture;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    select * into v_row from app.payments p where p.org = p_org and p.id = p_capture for update;
    -- One that succeeded is not in the way: what it gave back is not owed any more.
    select count(*) filter (where p.state in ('sending', 'unknown') and not p.external), count(*) filter (where not p.external)
    into v_open, v_tries from app.payments p where p.org = p_org and p.capture_id = p_capture and p.kind = 'refund' and p.id <> p_refund;
    v_left := app.dispute_owed(p_org, p_capture);
    v_had := least(v_left, app.dispute_had(p_org, p_capture));
    verdict := case when v_row.state <> 'late_approved' then 'done' when v_open > 0 then 'waits' when v_had > 0 then 'had'
        when app.dispute_open(p_org, p_capture) then 'disputed' else 'begun' end;
    v_left := case when verdict = 'had' then v_had else v_left end;
    if verdict <> 'begun' then
        return query select verdict, v_row.gateway, v_row.gateway_transaction, v_left, v_left = v_row.amount, v_row.currency, v_row.order_id, v_tries;
        return;
    end if;
    perform ops.money_guard(p_org);
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind,
        capture_id, unplaced)
    values (p_org, p_refund, v_row.order_id, v_row.gateway, p_reference, v_left, v_row.currency, 'sending', v_now, ops.now(),
        'refund', p_capture, true)
    on conflict (org, id) do nothing;
    if found then
        perform ops.job_put(p_org, 'payment_lookup', p_refund, v_lookup, false, p_request);
        perform ops.audit_put(p_org, p_actor, 'payment.refund_sending', p_refund, 1, p_request, jsonb_build_object('capture', p_capture,
            'amount', v_left, 'currency', v_row.currency, 'gateway', v_row.gateway));
    end if;
    return query select verdict, v_row.gateway, v_row.gateway_transaction, v_left, v_left = v_row.amount, v_row.currency, v_row.order_id, v_tries;
end $$;
