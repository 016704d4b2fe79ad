-- app.dispute_order_told(p_org, p_dispute, p_order, p_actor, p_request)
-- The audit row of the order's version that came of a dispute; none where no order took the charge. Inner function.
create or replace function app.dispute_order_told(p_org int, p_dispute uuid, p_order uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_order app.orders;
begin
    select * into v_order from app.orders o where o.org = p_org and o.id = p_order;
    if found then
        perform ops.audit_put(p_org, p_actor, 'order.disputed', p_order, v_order.version, p_request, jsonb_build_object('dispute', p_dispute,
            'disputed', v_order.disputed));
    end if;
end $$;
