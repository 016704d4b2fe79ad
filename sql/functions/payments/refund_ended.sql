-- app.refund_ended(p_org, p_refund, p_was, p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred)
-- What a refund's outcome means, in the commit that records it. Succeeded: its
-- entry, which clears what it gives back (pair assertion); an unplaced capture
-- is voided when all of it is back, and an order's refund has succeeded. Failed after it had succeeded (p_was): the
-- entry reversed, and the money is owed again. Anything else final leaves what it was for as it
-- is: its job tries again, or fails the order's refund that is declined. Inner function of payment_settle.
create or replace function app.refund_ended(p_org int, p_refund uuid, p_was text, p_entry uuid, p_accounts text[],
    p_amounts bigint[], p_actor text, p_request text, p_occurred timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.payments;
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_clearing bigint := coalesce(p_amounts[array_position(p_accounts, 'gateway_clearing')], 0);
    v_settled uuid;
    v_accounts text[];
    v_amounts bigint[];
    v_owed bigint;
    v_failed boolean;
    v_object uuid;
    v_asked timestamptz;
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_refund;
    v_failed := p_was = 'succeeded';
    v_object := coalesce(v_row.refund_id, p_refund);
    select e.occurred_at into v_asked from ledger.entries e where e.org = p_org and e.effect = 'refund' and e.object_id = v_row.refund_id;
    if v_row.state <> 'succeeded' and not v_failed then
        return;
    elsif v_clearing <> (case when v_failed then v_row.amount else -v_row.amount end) then
        raise exception 'refund % of % is %, the entry clears %', p_refund, v_row.amount, v_row.state, v_clearing;
    end if;
    if v_failed then
        -- Some of it may have been for nobody: dispute_losses.
        select e.id, e.accounts, array(select -u.amount from unnest(e.amounts) with ordinality u (amount, i) order by u.i)
        into v_settled, v_accounts, v_amounts
        from ledger.entries e where e.org = p_org and e.effect = 'refund_settled' and e.object_id = v_object;
    end if;
    perform ledger.entry_post(p_org, p_entry, case when v_failed then 'refund_unsettled' else 'refund_settled' end, v_object,
        v_row.order_id, null, v_row.currency, coalesce(v_accounts, p_accounts), coalesce(v_amounts, p_amounts),
        greatest(least(coalesce(p_occurred, v_now), v_now), v_asked), v_settled);
    if v_row.refund_id is not null then
        if v_failed then
            perform ops.job_put(p_org, 'refund_send', v_object, v_due, false, p_request);
        else
            perform app.refund_done(p_org, v_row.refund_id, p_actor, p_request);
        end if;
        return;
    elsif v_failed then
        -- What was beyond the capture is owed to nobody when it fails.
        perform app.dispute_capture_state(p_org, v_row.capture_id, p_refund, p_actor, p_request);
        return;
    end if;
    v_owed := app.dispute_owed(p_org, v_row.capture_id);
    update app.payments set state = 'voided' where org = p_org and id = v_row.capture_id and state = 'late_approved' and v_owed = 0;
    if found then                                       -- else the rest is still to be given back
        perform ops.job_drop(p_org, 'capture_return', v_row.capture_id);
        perform ops.audit_put(p_org, p_actor, 'payment.voided', v_row.capture_id, null, p_request,
            jsonb_build_object('refund', p_refund, 'entry', p_entry));
    end if;
end $$;
