-- app.order_pay(p_org, p_order, p_actor, p_request) -> (total, currency)
-- A held order goes to processing: the caller begins a payment in this
-- transaction. Raises BX017, BX018, BX020 by what the order is instead, BX013
-- while its event is cancelled or postponed.
create or replace function app.order_pay(p_org int, p_order uuid, p_actor text, p_request text)
returns table (total bigint, currency text)
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
    elsif v_row.status in ('expired', 'cancelled') or (v_row.status = 'held' and v_row.expires_at <= ops.now()) then
        raise exception using errcode = 'BX017', message = case when v_row.status = 'cancelled'
            then 'the order was cancelled' else 'the order''s hold has expired' end;
    elsif v_row.status <> 'held' then
        raise exception using errcode = 'BX018', message = 'the order is paid';
    elsif app.event_frozen(p_org, v_row.event_id) then
        raise exception using errcode = 'BX013', message = 'the event is cancelled or postponed';
    end if;
    update app.orders set status = 'processing', version = v_row.version + 1 where org = p_org and id = p_order;
    perform ops.job_drop(p_org, 'order_expire', p_order);
    perform ops.audit_put(p_org, p_actor, 'order.processing', p_order, v_row.version + 1, p_request, '{}');
    return query select v_row.total, v_row.currency;
end $$;
