-- app.refund_fail(p_org, p_refund, p_entry, p_accounts, p_amounts, p_to, p_actor, p_request) -> whether it was still to be failed
-- The gateway did not make it: the reversing entry (recipe 8 says where the
-- organizer's part goes) and its parts held again. There is something left
-- of the order then, so its tickets are good again, but those that another
-- refund names (unless p_to is refunded: it had nothing of the order). The caller holds the order's lock (refund_facts). p_to: the
-- order's status then. Not while the gateway may still make it, or has.
create or replace function app.refund_fail(p_org int, p_refund uuid, p_entry uuid, p_accounts text[], p_amounts bigint[], p_to text, p_actor text,
    p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.refunds;
    v_posted uuid;
    v_version int;
    v_transit bigint := coalesce(p_amounts[array_position(p_accounts, 'refunds_in_transit')], 0);
begin
    select * into v_row from app.refunds r where r.org = p_org and r.id = p_refund for update;
    if v_row.status = 'failed' or exists (select from app.payments p
        where p.org = p_org and p.refund_id = p_refund and p.state in ('sending', 'unknown', 'succeeded')) then
        return false;
    elsif v_transit <> v_row.amount or v_row.amount = 0 then
        raise exception 'refund % of % is reversed by %', p_refund, v_row.amount, v_transit;
    end if;
    update app.refunds set status = 'failed', ended_at = v_now, version = v_row.version + 1 where org = p_org and id = p_refund;
    update app.ticket_returns set live = false where org = p_org and object_id = p_refund;
    update app.tickets set status = case when used_at is null then 'valid' else 'used' end
    where org = p_org and order_id = v_row.order_id and status = 'refunded' and p_to <> 'refunded' and not exists (select from app.refunds r
        where r.org = p_org and r.order_id = v_row.order_id and r.status <> 'failed' and r.by_ticket and tickets.id = any (r.ticket_ids));
    update app.orders set refunded = refunded - v_row.amount, status = p_to, version = version + 1
    where org = p_org and id = v_row.order_id returning version into v_version;
    select e.id into v_posted from ledger.entries e where e.org = p_org and e.effect = 'refund' and e.object_id = p_refund;
    perform ledger.entry_post(p_org, p_entry, 'refund_failed', p_refund, v_row.order_id, null, v_row.currency, p_accounts, p_amounts, v_now, v_posted);
    perform app.order_wake(p_org, v_row.order_id, p_request);
    if p_to <> 'refunded' then
        perform app.promo_unreturn(p_org, v_row.order_id);
    end if;
    perform app.batch_again(p_org, v_row.order_id, p_refund, p_request);
    perform ops.job_drop(p_org, 'refund_send', p_refund);
    perform app.refund_told(p_org, p_refund, v_row.order_id, 'refund.failed', v_version, p_actor, p_request);
    return true;
end $$;
