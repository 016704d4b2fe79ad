-- app.orders_plan(p_org, p_event, p_after, p_limit) -> the last order of the page; null: that was all
-- A page of the paid orders of an event that is over, by id: writes when they
-- mature. What is planned already is passed over, so that a killed worker's
-- work is not done again. With the last page they are looked at. The orders are
-- locked before any of it is written, as by whoever wakes one: the foreign key
-- would take the same lock, but after. (One by one: an anti join over a table
-- that has just been filled is planned as if it were empty.)
create or replace function app.orders_plan(p_org int, p_event uuid, p_after uuid, p_limit int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ends timestamptz;
    v_orders uuid[];
begin
    select e.ends_at into v_ends from app.events e where e.org = p_org and e.id = p_event and e.status = 'completed';
    if not found then
        return null;
    end if;
    v_orders := array(
        select o.id from app.orders o
        where o.org = p_org and o.event_id = p_event and o.id > p_after and o.paid_at is not null and o.share > 0
        order by o.id limit p_limit for key share);
    for i in 1 .. cardinality(v_orders) loop
        if not exists (select from app.maturities m where m.org = p_org and m.order_id = v_orders[i] and m.ends_at = v_ends) then
            perform app.order_plan(p_org, v_orders[i]);
        end if;
    end loop;
    if cardinality(v_orders) = p_limit then
        return v_orders[p_limit];
    end if;
    perform app.orders_wake(p_org, null);
    return null;
end $$;
