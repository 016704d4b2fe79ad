-- app.batch_reopen(p_org, p_batch, p_request)
-- There is more to do for a batch: if it had ended it goes on. The caller holds
-- the batch's lock, and that of the order before. Inner function.
create or replace function app.batch_reopen(p_org int, p_batch uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
begin
    update app.batches set ended_at = null, version = version + 1 where org = p_org and id = p_batch and ended_at is not null;
    if found then
        perform ops.job_put(p_org, 'refund_batch', p_batch, v_due, false, p_request);
    end if;
end $$;
