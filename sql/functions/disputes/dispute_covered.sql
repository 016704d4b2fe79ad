-- app.dispute_covered(p_org, p_object, p_order, p_entry, p_currency, p_accounts, p_amounts, p_to, p_actor, p_request)
-- What came back to an order with p_object (a refund that failed, a dispute that
-- was won) has paid for what others took beyond it (dispute_joined): one entry,
-- and none where only fees joined an open dispute, which freezes no share.
-- p_to: the order's status then, where a refund made at the gateway's has the
-- last of it: refunded, its tickets out of use and its codes' uses given back.
create or replace function app.dispute_covered(p_org int, p_object uuid, p_order uuid, p_entry uuid, p_currency text, p_accounts text[],
    p_amounts bigint[], p_to text, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_version int;
begin
    if cardinality(p_accounts) > 0 then
        perform ledger.entry_post(p_org, p_entry, 'over_covered', p_object, p_order, null, p_currency, p_accounts, p_amounts, v_now, null);
    end if;
    perform ops.audit_put(p_org, p_actor, 'over.covered', p_object, null, p_request, jsonb_build_object('order', p_order, 'entry', p_entry));
    update app.orders set status = p_to, version = version + 1
    where org = p_org and id = p_order and status <> p_to returning version into v_version;
    if found then
        perform ops.audit_put(p_org, p_actor, 'order.' || p_to, p_order, v_version, p_request, jsonb_build_object('covered', p_object));
        update app.tickets set status = 'refunded' where org = p_org and order_id = p_order and status in ('valid', 'used');
        perform app.promo_give(p_org, p_order, v_now);
        perform ops.outbox_put(p_org, 'order.refunded', p_order, v_version, jsonb_build_object('order', p_order, 'covered', p_object));
    end if;
end $$;
