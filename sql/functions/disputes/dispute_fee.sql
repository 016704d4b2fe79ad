-- app.dispute_fee(p_org, p_id, p_passed, p_entry, p_accounts, p_amounts, p_actor, p_request)
-- The fee of a lost dispute is passed on to the organizer, or returned when it is won after all.
create or replace function app.dispute_fee(p_org int, p_id uuid, p_passed boolean, p_entry uuid, p_accounts text[], p_amounts bigint[],
    p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_order uuid;
    v_reverses uuid;
    v_given bigint := coalesce(p_amounts[array_position(p_accounts, 'organizer_available')], 0);
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id for update;
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = v_row.capture_id;
    if v_row.fee_passed = p_passed or v_given <> (case when p_passed then v_row.fee else -v_row.fee end) then
        raise exception 'the fee of dispute % is % (passed: %), the entry says %', p_id, v_row.fee, v_row.fee_passed, v_given;
    end if;
    select e.id into v_reverses from ledger.entries e
    where e.org = p_org and e.effect = 'dispute_fee_passed' and e.object_id = p_id and not p_passed;
    update app.disputes set fee_passed = p_passed, version = v_row.version + 1 where org = p_org and id = p_id;
    perform ledger.entry_post(p_org, p_entry, case when p_passed then 'dispute_fee_passed' else 'dispute_fee_returned' end, p_id, v_order, null,
        v_row.currency, p_accounts, p_amounts, v_now, v_reverses);
    perform app.dispute_told(p_org, p_id, case when p_passed then 'dispute.fee_passed' else 'dispute.fee_returned' end, false, p_actor, p_request);
end $$;
