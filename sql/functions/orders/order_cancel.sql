-- app.order_cancel(p_org, p_order, p_actor, p_request)
-- Cancels a held order; cancelled or expired already is no change. Raises
-- BX019 when it is paid, BX020 while a payment is under way.
create or replace function app.order_cancel(p_org int, p_order uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.orders;
begin
    select * into v_row from app.orders o where o.org = p_org and o.id = p_order for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such order';
    elsif v_row.status = 'processing' then
        raise exception using errcode = 'BX020', message = 'a payment of this order is under way';
    elsif v_row.status = 'held' then
        perform app.order_release(p_org, p_order, 'cancelled', p_actor, p_request);
    elsif v_row.status not in ('expired', 'cancelled') then
        raise exception using errcode = 'BX019', message = 'the order is paid; refund it instead';
    end if;
end $$;
