-- app.order_release(p_org, p_order, p_to, p_actor, p_request)
-- The one place where a held order lets its tickets and promo slots go: ->
-- expired or cancelled. The caller holds the order's lock and has seen it held.
create or replace function app.order_release(p_org int, p_order uuid, p_to text, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_type uuid;
    v_quantity bigint;
    v_version int;
begin
    update app.orders set status = p_to, version = version + 1
    where org = p_org and id = p_order and status = 'held' returning version into v_version;
    if not found then
        raise exception 'order % is not held', p_order;
    end if;
    for v_type, v_quantity in
        select l.type_id, sum(l.quantity)::bigint from app.order_lines l
        where l.org = p_org and l.order_id = p_order group by l.type_id order by l.type_id
    loop
        perform app.inventory_give(p_org, v_type, v_quantity);
    end loop;
    perform app.promo_give(p_org, p_order);
    perform ops.job_drop(p_org, 'order_expire', p_order);
    perform ops.audit_put(p_org, p_actor, 'order.' || p_to, p_order, v_version, p_request, '{}');
    perform ops.outbox_put(p_org, 'order.' || p_to, p_order, v_version, jsonb_build_object('order', p_order));
end $$;
