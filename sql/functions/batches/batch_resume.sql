-- app.batch_resume(p_org, p_event, p_actor) -> how many of its orders failed and are tried again; null: there is no such batch
-- A paused batch goes on, and what failed is tried once more, by a refund of its own. For operators.
create or replace function app.batch_resume(p_org int, p_event uuid, p_actor text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_row app.batches;
    v_failed uuid[];
begin
    select * into v_row from app.batches b where b.org = p_org and b.event_id = p_event for update;
    if not found then
        return null;
    end if;
    v_failed := array(select f.order_id from app.batch_failures(p_org, v_row.id, null) f);
    update app.batch_orders set state = 'waiting', tries = tries + 1
    where org = p_org and batch_id = v_row.id and order_id = any (v_failed) and state <> 'waiting';
    update app.batches set paused = false, ended_at = null, version = v_row.version + 1 where org = p_org and id = v_row.id;
    perform ops.job_put(p_org, 'refund_batch', v_row.id, v_due, false, null);
    perform ops.audit_put(p_org, p_actor, 'batch.resumed', v_row.id, v_row.version + 1, null,
        jsonb_build_object('event', p_event, 'again', cardinality(v_failed)));
    return cardinality(v_failed);
end $$;
