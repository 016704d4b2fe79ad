-- app.refund_heard(p_org, p_attempt, p_said, p_charge, p_transaction, p_amount, p_gateway, p_dry, p_request) -> (verdict, state)
-- The gateway said by itself that money of a charge went back. Under the
-- reference of a refund of ours that we know (p_attempt) it is that attempt's
-- affair. Else it may be one of ours whose end nobody knows (a void has no
-- reference), one that a restore has cut off, or one that somebody made at the
-- gateway: the first are looked up now, the others by the job refund_external.
-- p_attempt may also be the charge's; if the books have that and not this charge
-- of it (it may have been voided before a restore), it is looked up. Of a void,
-- and of Stripe's charge.refunded, p_transaction is the charge and p_amount all
-- that went back so far. verdict as in payment_heard; kept: the charge is in no
-- book of ours, and this waits for it.
create or replace function app.refund_heard(p_org int, p_attempt uuid, p_said text, p_charge text, p_transaction text, p_amount bigint,
    p_gateway text, p_dry boolean, p_request text) returns table (verdict text, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_named app.payments;
    v_row app.payments;
    v_open uuid[];
    v_back bigint;
    v_now timestamptz := clock_timestamp();
begin
    select * into v_named from app.payments p where p.org = p_org and p.id = p_attempt;
    if v_named.kind = 'refund' then
        return query select * from app.payment_heard(p_org, p_attempt, p_said, p_transaction, p_dry, p_request);
        return;
    elsif p_charge is null then
        -- Cut off, and NMI does not tell of what charge.
        return query select * from app.refund_report(p_org, p_gateway, p_transaction, p_said, p_dry, p_request);
        return;
    end if;
    select * into v_row from app.payments p
    where p.org = p_org and p.gateway = p_gateway and p.kind = 'charge' and p.gateway_transaction = p_charge;
    select array_agg(p.id order by p.id) filter (where p.state in ('sending', 'unknown')), coalesce(sum(p.amount) filter (where p.state = 'succeeded'), 0)
    into v_open, v_back from app.payments p where p.org = p_org and p.capture_id = v_row.id and p.kind = 'refund';
    verdict := case when v_row.id is null and v_named.id is null then 'kept' else 'asked' end;
    if v_row.id is not null and v_open is null and (case when p_transaction = p_charge then v_back >= coalesce(nullif(p_amount, 0), v_row.amount)
        else app.refund_reported(p_org, v_row.id, p_transaction, p_said) end) then
        verdict := 'known';
    end if;
    if not p_dry and verdict <> 'known' then
        insert into app.refund_reports (org, gateway, charge, transaction, state, created_at)
        values (p_org, p_gateway, p_charge, p_transaction, 'new', v_now) on conflict do nothing;
        if v_row.id is not null then
            perform ops.job_put(p_org, 'refund_external', v_row.id, v_now, false, p_request);
        elsif v_named.id is not null then
            perform ops.job_put(p_org, 'payment_lookup', v_named.id, v_now, false, p_request);
        end if;
        perform ops.job_put(p_org, 'payment_lookup', o.id, v_now, false, p_request) from unnest(v_open) o (id);
    end if;
    return query select verdict, coalesce(v_row.state, v_named.state);
end $$;
