-- app.dispute_return_had(p_org, p_capture, p_entry, p_accounts, p_amounts, p_actor, p_request)
-- A refund of a charge that no order took has failed after its guest got the
-- money by a dispute: it is not given back a second time (over_covered, of that
-- refund). Raises BX022 when the books have that already.
create or replace function app.dispute_return_had(p_org int, p_capture uuid, p_entry uuid, p_accounts text[], p_amounts bigint[], p_actor text,
    p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_order uuid;
    v_row app.payments;
    v_refund uuid;
    v_had bigint := coalesce(p_amounts[array_position(p_accounts, 'refunds_in_transit')], 0);
begin
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = p_capture;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    select * into v_row from app.payments p where p.org = p_org and p.id = p_capture for update;
    select r.id into v_refund from app.payments r
    where r.org = p_org and r.capture_id = p_capture and r.kind = 'refund' and r.state = 'declined'
      and not exists (select from ledger.entries e where e.org = p_org and e.effect = 'over_covered' and e.object_id = r.id)
    order by r.created_at desc, r.id desc limit 1;
    if v_refund is null or v_row.state <> 'late_approved' or v_had <> least(app.dispute_owed(p_org, p_capture), app.dispute_had(p_org, p_capture)) then
        raise exception using errcode = 'BX022', message = format('the charge is %s, and %s of it are not to be booked so', v_row.state, v_had);
    end if;
    perform ledger.entry_post(p_org, p_entry, 'over_covered', v_refund, v_order, null, v_row.currency, p_accounts, p_amounts, v_now, null);
    perform ops.audit_put(p_org, p_actor, 'over.covered', v_refund, null, p_request, jsonb_build_object('capture', p_capture, 'entry', p_entry));
    perform app.dispute_capture_state(p_org, p_capture, v_refund, p_actor, p_request);
end $$;
