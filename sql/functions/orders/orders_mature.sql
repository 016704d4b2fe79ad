-- app.orders_mature(p_org, p_limit) -> (order_id, currency, pending, reserve) of those with something to post
-- Some of the orders that are due, locked in the order of their ids: what each
-- has pending, once its day has come, and in reserve, once that day has. The
-- caller posts all of it by order_freed in this transaction; the next look is
-- at the release, then none until order_wake. Of an event that is no longer
-- over (cancelled, postponed) nothing is freed: its next completion plans anew.
-- Each is posted once for ever: what comes back afterwards goes to available by recipe 8.
-- (One that is cancelled in this very moment may still mature: payouts ask again.)
create or replace function app.orders_mature(p_org int, p_limit int)
returns table (order_id uuid, currency text, pending bigint, reserve bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.maturities;
    v_over boolean;
    v_due timestamptz;
    v_orders uuid[] := array(select m.order_id from app.maturities m where m.org = p_org and m.due_at <= v_now
        order by m.due_at limit p_limit);
begin
    for order_id, currency, v_over in
        select o.id, o.currency, e.status = 'completed' from app.orders o join app.events e on e.org = o.org and e.id = o.event_id
        where o.org = p_org and e.org = p_org and o.id = any (v_orders)
        order by o.id for update of o
    loop
        select * into v_row from app.maturities m where m.org = p_org and m.order_id = orders_mature.order_id;
        continue when v_row.due_at is null or v_row.due_at > v_now;         -- another worker was here
        v_due := case when v_over and v_row.releases_at > v_now then v_row.releases_at end;
        update app.maturities m set due_at = v_due where m.org = p_org and m.order_id = orders_mature.order_id;
        continue when not v_over;
        select h.pending, h.reserve into pending, reserve from app.order_holds(p_org, orders_mature.order_id) h;
        if v_row.matures_at > v_now or app.order_has_entry(p_org, orders_mature.order_id, 'matured') then
            pending := 0;
        end if;
        if v_row.releases_at > v_now or app.order_has_entry(p_org, orders_mature.order_id, 'reserve_released') then
            reserve := 0;
        end if;
        if pending > 0 or reserve > 0 then
            return next;
        end if;
    end loop;
end $$;
