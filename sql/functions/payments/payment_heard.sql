-- app.payment_heard(p_org, p_payment, p_said, p_transaction, p_dry, p_request) -> (verdict, state)
-- The gateway said by itself what became of an attempt: approved, declined,
-- voided or undecided. What it said decides nothing; where it differs from the
-- books the look-up that decides is due now. p_dry: only says what would be done.
--   verdict  known    the books say the same
--            asked    the attempt is looked up
--            lost     we have no such attempt, and it is looked up
--            nothing  we have no such attempt, and nothing was charged
create or replace function app.payment_heard(p_org int, p_payment uuid, p_said text, p_transaction text, p_dry boolean,
    p_request text) returns table (verdict text, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
    v_now timestamptz := clock_timestamp();
    v_verdict text := 'asked';
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment;
    if v_row.state in ('sending', 'unknown') and not p_dry then
        -- Who is just settling it is waited for: it would be looked up for nothing.
        select * into v_row from app.payments p where p.org = p_org and p.id = p_payment for update;
    end if;
    if v_row.id is null then
        v_verdict := case when p_said = 'approved' then 'lost' else 'nothing' end;
    elsif v_row.state in ('sending', 'unknown') then
        -- Kept for payment_settle: what it records may be another transaction.
        if p_said = 'approved' and not p_dry then
            update app.payments set heard = array_append(heard, p_transaction)
            where org = p_org and id = p_payment and not heard @> array[p_transaction];
        end if;
    elsif v_row.kind = 'refund' and v_row.state = 'succeeded' and p_said = 'declined' then
        null;                                           -- it failed after all
    elsif p_said <> 'approved' or (v_row.state not in ('declined', 'not_sent', 'not_found_final')
        and v_row.gateway_transaction = p_transaction) or exists (
        select 1 from app.payments x where x.org = p_org and x.gateway_transaction = p_transaction and (x.capture_id = p_payment
            or v_row.kind = 'refund' and x.gateway = v_row.gateway and x.kind = 'refund' and x.id <> p_payment)) then
        v_verdict := 'known';
    end if;
    if not p_dry and v_verdict in ('asked', 'lost') then
        -- A sender that is at it may tell by itself in a moment. A look-up that is due sooner stays so:
        -- who is heard of again and again must not be put off for ever.
        if v_row.state = 'sending' then
            v_now := least(v_now + interval '2 s', (select j.due_at from ops.jobs j
                where j.org = p_org and j.kind = 'payment_lookup' and j.object_id = p_payment));
        end if;
        perform ops.job_put(p_org, 'payment_lookup', p_payment, v_now, false, p_request);
    end if;
    return query select v_verdict, v_row.state;
end $$;
