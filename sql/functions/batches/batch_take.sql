-- app.batch_take(p_org, p_batch, p_order) -> (tries): how often it was tried, with this; no row: it waits no more
-- Locks the order, then what the batch has of it: until commit nobody else makes a refund of it.
create or replace function app.batch_take(p_org int, p_batch uuid, p_order uuid) returns table (tries int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform 1 from app.orders o where o.org = p_org and o.id = p_order for update;
    return query
    select x.tries from app.batch_orders x
    where x.org = p_org and x.batch_id = p_batch and x.order_id = p_order and x.state = 'waiting' for update;
end $$;
