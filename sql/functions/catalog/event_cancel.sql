-- app.event_cancel(p_org, p_event, p_batch, p_reason, p_over, p_actor, p_request) -> the row
-- For good: the sale ends, the event's money is frozen, and a batch gives back
-- what its orders hold. p_over: also when the event is over (event_over), which
-- only the platform may say: by then the money may have been paid out, and that
-- it was postponed since changes nothing. Cancelled already is no change. Raises
-- BX003, BX022.
create or replace function app.event_cancel(p_org int, p_event uuid, p_batch uuid, p_reason text, p_over boolean, p_actor text,
    p_request text) returns setof app.events
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.events;
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
begin
    select * into v_row from app.events e where e.org = p_org and e.id = p_event for update;
    if app.event_over(v_row, v_now) and not p_over then
        raise exception using errcode = 'BX022', message = 'the event is over: the platform may cancel it';
    elsif v_row.status is distinct from 'cancelled' then
        update app.events set status_reason = p_reason where org = p_org and id = p_event;
        perform app.event_move(p_org, p_event, 'cancelled', p_actor, p_request);
        insert into app.batches (org, id, event_id, reason, actor, version, created_at)
        values (p_org, p_batch, p_event, p_reason, p_actor, 1, v_now);
        perform ops.job_put(p_org, 'refund_batch', p_batch, v_due, false, p_request);
        perform ops.audit_put(p_org, p_actor, 'batch.created', p_batch, 1, p_request, jsonb_build_object('event', p_event));
    end if;
    return query select * from app.events e where e.org = p_org and e.id = p_event;
end $$;
