-- app.batch_plan(p_org, p_batch, p_after, p_limit) -> the last order of the page; null: that was all
-- A page of the event's orders, by id: a paid one is put into the batch, a held
-- one is let go by its own job, one that is processing puts itself in when it
-- is paid (batch_add) or is let go when it is not (order_held_again). The orders
-- are locked, so that none is between.
create or replace function app.batch_plan(p_org int, p_batch uuid, p_after uuid, p_limit int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_event uuid;
    v_orders uuid[];
    v_row app.orders;
begin
    select b.event_id into v_event from app.batches b where b.org = p_org and b.id = p_batch and not b.planned;
    if not found then
        return null;
    end if;
    v_orders := array(
        select o.id from app.orders o where o.org = p_org and o.event_id = v_event and o.id > p_after
        order by o.id limit p_limit for update);
    for i in 1 .. cardinality(v_orders) loop
        select * into v_row from app.orders o where o.org = p_org and o.id = v_orders[i];
        if v_row.paid_at is not null then
            perform app.batch_put(p_org, p_batch, v_row.id);
        elsif v_row.status = 'held' then
            perform ops.job_put(p_org, 'order_expire', v_row.id, v_now, true, null);
        end if;
    end loop;
    if cardinality(v_orders) = p_limit then
        return v_orders[p_limit];
    end if;
    update app.batches set planned = true, version = version + 1 where org = p_org and id = p_batch;
    return null;
end $$;
