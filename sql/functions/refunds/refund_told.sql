-- app.refund_told(p_org, p_refund, p_order, p_what, p_order_version, p_actor, p_request)
-- The audit and outbox rows of a change of a refund, and of its order's where that changed too (p_order_version not null).
create or replace function app.refund_told(p_org int, p_refund uuid, p_order uuid, p_what text, p_order_version int, p_actor text,
    p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.refunds;
    v_status text;
begin
    select * into v_row from app.refunds r where r.org = p_org and r.id = p_refund;
    perform ops.audit_put(p_org, p_actor, p_what, p_refund, v_row.version, p_request, jsonb_build_object('order', p_order, 'status', v_row.status,
        'amount', v_row.amount, 'currency', v_row.currency, 'fees_back', v_row.fees_back));
    perform ops.outbox_put(p_org, p_what, p_refund, v_row.version, jsonb_build_object('refund', p_refund, 'order', p_order));
    if p_order_version is not null then
        select o.status into v_status from app.orders o where o.org = p_org and o.id = p_order;
        perform ops.audit_put(p_org, p_actor, 'order.' || v_status, p_order, p_order_version, p_request, jsonb_build_object('refund', p_refund));
    end if;
end $$;
