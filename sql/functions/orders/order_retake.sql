-- app.order_retake(p_org, p_order, p_amount, p_currency, p_actor, p_request) -> whether the order takes this charge
-- A charge thought not made turns out to be. An order that still holds its
-- tickets, or that let them go and can have them and its promo slots again,
-- becomes processing; one that is paid, is being paid by another attempt, costs
-- something else, is gone, or whose event is cancelled or over, does not. The
-- caller holds its lock.
create or replace function app.order_retake(p_org int, p_order uuid, p_amount bigint, p_currency text, p_actor text,
    p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.orders;
    v_now timestamptz := ops.now();
    v_type uuid;
    v_quantity bigint;
begin
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order for update;
    if not found or v_row.total <> p_amount or v_row.currency <> p_currency
        or v_row.status not in ('held', 'expired', 'cancelled') then
        return false;
    elsif not exists (select 1 from app.events e where e.org = p_org and e.id = v_row.event_id
        and e.status in ('on_sale', 'paused') and e.ends_at > v_now) then
        return false;
    elsif v_row.status <> 'held' then
        begin
            for v_type, v_quantity in
                select l.type_id, sum(l.quantity)::bigint from app.order_lines l
                where l.org = p_org and l.order_id = p_order group by l.type_id order by l.type_id
            loop
                perform app.inventory_take(p_org, v_type, v_quantity);
            end loop;
            perform app.promo_retake(p_org, p_order);
        exception when sqlstate 'BX011' or sqlstate 'BX012' or sqlstate 'BX024' or sqlstate 'BX026' then
            return false;
        end;
    end if;
    update app.orders set status = 'processing', version = v_row.version + 1 where org = p_org and id = p_order;
    perform ops.job_drop(p_org, 'order_expire', p_order);
    perform ops.audit_put(p_org, p_actor, 'order.retaken', p_order, v_row.version + 1, p_request,
        jsonb_build_object('was', v_row.status));
    return true;
end $$;
