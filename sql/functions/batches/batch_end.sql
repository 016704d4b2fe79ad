-- app.batch_end(p_org, p_batch, p_request) -> whether it has ended
-- Not when more has come meanwhile, or an operator has paused it.
create or replace function app.batch_end(p_org int, p_batch uuid, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.batches;
    v_counts record;
begin
    select * into v_row from app.batches b where b.org = p_org and b.id = p_batch for update;
    if v_row.ended_at is not null then
        return true;
    elsif v_row.paused or not v_row.planned or exists (select from app.batch_orders x
        where x.org = p_org and x.batch_id = p_batch and x.state = 'waiting') then
        return false;
    end if;
    update app.batches set ended_at = v_now, version = v_row.version + 1 where org = p_org and id = p_batch;
    select * into v_counts from app.batch_counts(p_org, p_batch);
    perform ops.audit_put(p_org, 'jobs', 'batch.ended', p_batch, v_row.version + 1, p_request, jsonb_build_object('event', v_row.event_id,
        'total', v_counts.total, 'done', v_counts.done, 'disputed', v_counts.disputed, 'failed', v_counts.failed, 'amount', v_counts.amount));
    return true;
end $$;
