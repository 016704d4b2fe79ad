-- app.batch_pause(p_org, p_event, p_actor) -> whether there is such a batch
-- No more orders are tried until batch_resume; refunds that were made go on. For operators.
create or replace function app.batch_pause(p_org int, p_event uuid, p_actor text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.batches;
begin
    select * into v_row from app.batches b where b.org = p_org and b.event_id = p_event for update;
    if not found then
        return false;
    elsif not v_row.paused then
        update app.batches set paused = true, version = v_row.version + 1 where org = p_org and id = v_row.id;
        perform ops.audit_put(p_org, p_actor, 'batch.paused', v_row.id, v_row.version + 1, null, jsonb_build_object('event', p_event));
    end if;
    return true;
end $$;
