-- app.refund_heard(p_org, p_attempt, p_charge_transaction, p_gateway, p_dry, p_request) -> (verdict, state)
-- The gateway said by itself that money of this charge went back, under no
-- reference of a refund of ours (a void has none): those of our refunds of it
-- that nobody knows the end of are looked up now. p_attempt: whose reference the
-- charge came under, when known; if the books have the attempt and not this
-- charge of it (it may have been voided before a restore), the attempt is
-- looked up. verdict as in payment_heard; kept: there is no such refund;
-- whoever books refunds made elsewhere will.
create or replace function app.refund_heard(p_org int, p_attempt uuid, p_charge_transaction text, p_gateway text, p_dry boolean,
    p_request text) returns table (verdict text, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
    v_refund app.payments;
    v_now timestamptz := clock_timestamp();
    v_verdict text := 'kept';
begin
    select * into v_row from app.payments p
    where p.org = p_org and p.gateway = p_gateway and p.kind = 'charge' and p.gateway_transaction = p_charge_transaction;
    if not found then
        select * into v_row from app.payments p where p.org = p_org and p.id = p_attempt and p.kind = 'charge';
        if found then
            if not p_dry then
                perform ops.job_put(p_org, 'payment_lookup', p_attempt, v_now, false, p_request);
            end if;
            return query select 'asked', v_row.state;
            return;
        end if;
    end if;
    for v_refund in
        select * from app.payments p where p.org = p_org and p.capture_id = v_row.id and p.kind = 'refund'
    loop
        if v_refund.state not in ('sending', 'unknown') then
            v_verdict := case when v_refund.state = 'succeeded' and v_verdict = 'kept' then 'known' else v_verdict end;
            continue;
        end if;
        v_verdict := 'asked';
        if not p_dry then
            perform ops.job_put(p_org, 'payment_lookup', v_refund.id, v_now, false, p_request);
        end if;
    end loop;
    return query select v_verdict, v_row.state;
end $$;
