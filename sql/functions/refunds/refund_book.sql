-- app.refund_book(p_org, p_refund, p_order, p_amounts, p_fees_back, p_own, p_tickets, p_parts, p_by_ticket, p_gone, p_to,
--     p_entry, p_accounts, p_entry_amounts, p_external, p_occurred, p_reason, p_actor, p_request) -> when
-- A refund into the books: its row, pending, its entry, its parts, its tickets
-- out of use. Of ours, asked for by refund_open; of one that the gateway
-- reports, as it is (then refund_made ends it). The caller holds the order's
-- lock (refund_facts) and has computed all of it from there.
-- p_amounts: amount, list, discount, net, guest_fee, tax, share, absorbed_fee, over;
-- p_own: pending, reserve, available; p_parts: seven a ticket; p_by_ticket:
-- whether tickets were named; p_gone: those that are valid no more; p_to: the order's status then.
create or replace function app.refund_book(p_org int, p_refund uuid, p_order uuid, p_amounts bigint[], p_fees_back boolean,
    p_own bigint[], p_tickets uuid[], p_parts bigint[], p_by_ticket boolean, p_gone uuid[], p_to text, p_entry uuid, p_accounts text[],
    p_entry_amounts bigint[], p_external boolean, p_occurred timestamptz, p_reason text, p_actor text, p_request text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.orders;
    v_transit bigint := -coalesce(p_entry_amounts[array_position(p_accounts, 'refunds_in_transit')], 0);
    v_ended timestamptz := case when p_amounts[1] = 0 then v_now end;
begin
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order for update;
    if v_row.paid_at is null or v_transit <> p_amounts[1] then
        raise exception 'order % is %, the entry promises % of %', p_order, v_row.status, v_transit, p_amounts[1];
    end if;
    insert into app.refunds (org, id, order_id, status, amount, currency, fees_back, list, discount, net, guest_fee, tax, share, absorbed_fee, over,
        own_pending, own_reserve, own_available, by_ticket, ticket_ids, external, reason, actor, version, created_at, ended_at)
    values (p_org, p_refund, p_order, case when v_ended is null then 'pending' else 'succeeded' end, p_amounts[1], v_row.currency, p_fees_back,
        p_amounts[2], p_amounts[3], p_amounts[4], p_amounts[5], p_amounts[6], p_amounts[7], p_amounts[8], p_amounts[9], p_own[1], p_own[2], p_own[3],
        p_by_ticket, p_gone, p_external, p_reason, p_actor, 1, v_now, v_ended);
    perform app.refund_parts(p_org, p_refund, p_order, p_tickets, p_parts);
    update app.tickets set status = 'refunded' where org = p_org and id = any (p_gone);
    update app.orders set refunded = v_row.refunded + p_amounts[1], status = p_to, version = v_row.version + 1 where org = p_org and id = p_order;
    if cardinality(p_accounts) > 0 then
        perform ledger.entry_post(p_org, p_entry, 'refund', p_refund, p_order, v_row.promo_code, v_row.currency, p_accounts, p_entry_amounts,
            greatest(least(coalesce(p_occurred, v_now), v_now), v_row.paid_at), null);
    end if;
    perform app.refund_told(p_org, p_refund, p_order, 'refund.created', v_row.version + 1, p_actor, p_request);
    if p_to = 'refunded' and v_row.status <> 'refunded' then
        perform app.promo_give(p_org, p_order, v_now);
        perform ops.outbox_put(p_org, 'order.refunded', p_order, v_row.version + 1, jsonb_build_object('order', p_order, 'refund', p_refund));
    end if;
    return v_now;
end $$;
