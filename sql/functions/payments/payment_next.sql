-- app.payment_next(p_org, p_payment, p_to, p_may_be_late, p_actor, p_request) -> what the attempt becomes
-- The arrows of an attempt (payment_settle tells them). Raises BX022 for any
-- other. Retakes the order for a charge that was thought not made. The caller
-- holds the order's and the attempt's lock. Inner function of payment_settle.
create or replace function app.payment_next(p_org int, p_payment uuid, p_to text, p_may_be_late boolean, p_actor text,
    p_request text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_payment;
    if (v_row.state, p_to) in (('sending', 'succeeded'), ('sending', 'declined'), ('sending', 'not_sent'),
        ('sending', 'unknown'), ('unknown', 'succeeded'), ('unknown', 'declined'), ('unknown', 'not_found_final')) then
        return p_to;
    elsif p_to = 'succeeded' and v_row.state in ('declined', 'not_sent', 'not_found_final') then
        if v_row.kind = 'charge' and p_may_be_late then
            return case when app.order_retake(p_org, v_row.order_id, v_row.amount, v_row.currency, p_actor, p_request)
                then 'succeeded' else 'late_approved' end;
        elsif v_row.kind = 'refund' and app.refund_takes(p_org, p_payment) then
            return 'succeeded';
        end if;
    elsif v_row.kind = 'refund' and v_row.state = 'succeeded' and p_to = 'declined' then
        return 'declined';
    end if;
    raise exception using errcode = 'BX022', message = format('the payment is %s', v_row.state);
end $$;
