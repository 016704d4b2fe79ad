-- app.refund_done(p_org, p_refund, p_actor, p_request)
-- The gateway has made it: pending -> succeeded. Inner function of refund_ended.
create or replace function app.refund_done(p_org int, p_refund uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_order uuid;
begin
    update app.refunds set status = 'succeeded', ended_at = v_now, version = version + 1
    where org = p_org and id = p_refund and status = 'pending' returning order_id into v_order;
    if not found then
        raise exception 'refund % is not pending', p_refund;
    end if;
    perform app.refund_told(p_org, p_refund, v_order, 'refund.succeeded', null, p_actor, p_request);
end $$;
