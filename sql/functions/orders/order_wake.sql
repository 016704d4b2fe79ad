-- app.order_wake(p_org, p_order, p_request)
-- Money came to an order, pending or in reserve, when its event may be over
-- already: a late payment, a refund that failed, a dispute that was won. Sees
-- to it that it matures in its turn, at once where its day has passed. The
-- caller holds the order's lock.
create or replace function app.order_wake(p_org int, p_order uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app.order_plan(p_org, p_order);
    perform app.orders_wake(p_org, p_request);
end $$;
