-- app.batch_tried(p_org, p_batch, p_order, p_tries, p_state, p_refund, p_detail)
-- What this try of an order came to: made (p_refund), nothing (was left), disputed
-- (all that is left), failed (p_detail says why). A try that is not the order's
-- last any more changes nothing.
create or replace function app.batch_tried(p_org int, p_batch uuid, p_order uuid, p_tries bigint, p_state text, p_refund uuid,
    p_detail text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    update app.batch_orders set state = p_state, refund_id = coalesce(p_refund, refund_id), detail = p_detail, tried_at = v_now
    where org = p_org and batch_id = p_batch and order_id = p_order and state = 'waiting' and tries = p_tries;
end $$;
