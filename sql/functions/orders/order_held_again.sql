-- app.order_held_again(p_org, p_order, p_actor, p_request)
-- The payment came to nothing: processing -> held, to expire when its hold does;
-- at once if the event was cancelled meanwhile.
create or replace function app.order_held_again(p_org int, p_order uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.orders;
    v_due timestamptz;
begin
    update app.orders set status = 'held', version = version + 1
    where org = p_org and id = p_order and status = 'processing' returning * into v_row;
    if not found then
        raise exception 'order % is not processing', p_order;
    end if;
    v_due := case when exists (select from app.events e where e.org = p_org and e.id = v_row.event_id and e.status = 'cancelled')
        then v_now else v_row.expires_at end;
    perform ops.job_put(p_org, 'order_expire', p_order, v_due, true, p_request);
    perform ops.audit_put(p_org, p_actor, 'order.held', p_order, v_row.version, p_request, '{}');
end $$;
