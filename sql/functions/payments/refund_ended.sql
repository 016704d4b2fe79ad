-- app.refund_ended(p_org, p_refund, p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred)
-- What a refund's outcome means, in the commit that records it. Succeeded: its
-- entry, which clears what it gives back (pair assertion); an unplaced capture
-- is voided then. Anything else final leaves the capture as it is: its job
-- tries again. Inner function of payment_settle.
create or replace function app.refund_ended(p_org int, p_refund uuid, p_entry uuid, p_accounts text[], p_amounts bigint[],
    p_actor text, p_request text, p_occurred timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
    v_now timestamptz := ops.now();
    v_clearing bigint := coalesce(p_amounts[array_position(p_accounts, 'gateway_clearing')], 0);
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_refund;
    if v_row.state <> 'succeeded' then
        return;
    elsif v_clearing <> -v_row.amount then
        raise exception 'refund % is of %, the entry clears %', p_refund, v_row.amount, v_clearing;
    end if;
    perform ledger.entry_post(p_org, p_entry, 'refund_settled', p_refund, v_row.order_id, null, v_row.currency, p_accounts,
        p_amounts, least(coalesce(p_occurred, v_now), v_now), null);
    if v_row.unplaced then
        update app.payments set state = 'voided' where org = p_org and id = v_row.capture_id and state = 'late_approved';
        perform ops.job_drop(p_org, 'capture_return', v_row.capture_id);
        perform ops.audit_put(p_org, p_actor, 'payment.voided', v_row.capture_id, null, p_request,
            jsonb_build_object('refund', p_refund, 'entry', p_entry));
    end if;
end $$;
