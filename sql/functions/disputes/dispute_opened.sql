-- app.dispute_opened(p_org, p_id, p_status, p_amounts, p_own, p_tickets, p_parts, p_entry, p_accounts, p_entry_amounts, p_actor, p_request)
-- The gateway has taken a disputed amount: its entry and its parts, which are
-- fixed now. The caller holds the order's lock (dispute_facts, refund_facts)
-- and has computed all of it from there.
-- p_amounts: amount, fee, over, list, discount, net, guest_fee, tax, share,
-- absorbed_fee; p_own: pending, reserve, available; p_parts: seven a ticket.
create or replace function app.dispute_opened(p_org int, p_id uuid, p_status text, p_amounts bigint[], p_own bigint[], p_tickets uuid[],
    p_parts bigint[], p_entry uuid, p_accounts text[], p_entry_amounts bigint[], p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_order uuid;
    v_taken bigint := coalesce(p_entry_amounts[array_position(p_accounts, 'dispute_receivable')], 0);
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id for update;
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = v_row.capture_id;
    if v_row.moved or v_taken <> p_amounts[1] then
        raise exception 'dispute % of % opens with % (moved: %)', p_id, p_amounts[1], v_taken, v_row.moved;
    end if;
    update app.disputes set status = p_status, amount = p_amounts[1], fee = p_amounts[2], over = p_amounts[3], list = p_amounts[4],
        discount = p_amounts[5], net = p_amounts[6], guest_fee = p_amounts[7], tax = p_amounts[8], share = p_amounts[9],
        absorbed_fee = p_amounts[10], own_pending = p_own[1], own_reserve = p_own[2], own_available = p_own[3], moved = true, opened_at = v_now,
        reported_at = v_now, ended_at = null, version = v_row.version + 1
    where org = p_org and id = p_id;
    perform app.refund_parts(p_org, p_id, v_row.order_id, p_tickets, p_parts);
    update app.orders set disputed = disputed + p_amounts[1], version = version + 1 where org = p_org and id = v_row.order_id;
    perform ledger.entry_post(p_org, p_entry, 'dispute_opened', p_id, v_order, null, v_row.currency, p_accounts, p_entry_amounts, v_now, null);
    perform app.dispute_told(p_org, p_id, 'dispute.opened', true, p_actor, p_request);
    perform app.dispute_order_told(p_org, p_id, v_row.order_id, p_actor, p_request);
    if p_status = 'needs_response' then
        perform app.evidence_remind(p_org, p_id, p_request);
    end if;
    if p_amounts[3] > 0 then
        perform app.discrepancy_open(p_org, 'over_captured', p_id, v_order, p_amounts[3], v_row.currency,
            format('%s of the %s that dispute %s took are more than what was left of its charge', p_amounts[3], p_amounts[1], v_row.gateway_dispute),
            p_actor, p_request);
    end if;
end $$;
