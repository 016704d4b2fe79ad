-- app.payment_adopt(p_org, p_payment, p_order, p_gateway, p_reference, p_amount, p_currency, p_actor, p_request)
-- The gateway has a charge of ours that we have no record of (lost by a
-- restore): recorded as one that was thought not made, for payment_settle to
-- place; what was given back of it is lost too, and looked up. An order that is gone too is left out. Raises BX003 when even the
-- organizer is unknown.
create or replace function app.payment_adopt(p_org int, p_payment uuid, p_order uuid, p_gateway text, p_reference text,
    p_amount bigint, p_currency text, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid;
    v_now timestamptz := clock_timestamp();
begin
    select o.id into v_order from app.orders o where o.org = p_org and o.id = p_order;
    if not exists (select 1 from app.organizers z where z.org = p_org) then
        raise exception using errcode = 'BX003', message = 'the charge''s organizer is unknown here';
    end if;
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at)
    values (p_org, p_payment, v_order, p_gateway, p_reference, p_amount, p_currency, 'not_found_final', v_now, ops.now())
    on conflict do nothing;
    if found then
        perform ops.audit_put(p_org, p_actor, 'payment.adopted', p_payment, null, p_request,
            jsonb_build_object('order', p_order, 'amount', p_amount, 'currency', p_currency, 'gateway', p_gateway));
        perform ops.job_put(p_org, 'refund_external', p_payment, v_now, false, p_request);
    end if;
end $$;
