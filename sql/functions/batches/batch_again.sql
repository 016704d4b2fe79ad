-- app.batch_again(p_org, p_order, p_object, p_request)
-- Money came back to an order, by a refund that failed or a dispute that was
-- won, or never will, by one that was lost: if its event is cancelled the batch
-- looks at it again. Not if it was the batch's own refund that failed, whatever
-- became of the order since: whether to try that again an operator decides
-- (batch_resume), and so of one that has failed already. One that waits counts a
-- try too: what is being noted of the last one (batch_tried) was seen before
-- this. The caller holds the order's lock. Inner function.
create or replace function app.batch_again(p_org int, p_order uuid, p_object uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_batch uuid;
    v_own boolean;
begin
    select b.id into v_batch from app.batch_orders x join app.batches b on b.org = x.org and b.id = x.batch_id
    where x.org = p_org and b.org = p_org and x.order_id = p_order for update of b;
    if not found then
        return;
    end if;
    v_own := exists (select from app.refunds r where r.org = p_org and r.id = p_object and r.actor = 'cancellation');
    update app.batch_orders set state = case when v_own then 'failed' else 'waiting' end, tries = tries + 1, detail = null,
        refund_id = case when v_own then p_object else refund_id end
    where org = p_org and batch_id = v_batch and order_id = p_order and state <> 'failed';
    if found and not v_own then
        perform app.batch_reopen(p_org, v_batch, p_request);
    end if;
end $$;
