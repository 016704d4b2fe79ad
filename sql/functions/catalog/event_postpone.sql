-- app.event_postpone(p_org, p_event, p_days, p_reason, p_over, p_actor, p_request) -> the row
-- Until there are new dates (event_update): the sale stops, the event's money is
-- frozen, and for p_days who bought before may have the money back by asking.
-- p_over: as in event_cancel. Postponed already is no change. Raises BX003, BX022.
create or replace function app.event_postpone(p_org int, p_event uuid, p_days bigint, p_reason text, p_over boolean, p_actor text,
    p_request text) returns setof app.events
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.events;
    v_now timestamptz := ops.now();
    v_until timestamptz;
begin
    select * into v_row from app.events e where e.org = p_org and e.id = p_event for update;
    if v_row.status is distinct from 'postponed' and app.event_over(v_row, v_now) and not p_over then
        raise exception using errcode = 'BX022', message = 'the event is over: the platform may postpone it';
    elsif v_row.status is distinct from 'postponed' then
        v_until := ops.days_later(v_now, p_days::int, v_row.time_zone);
        update app.events set status_reason = p_reason, dates_stand = false, postponed_at = v_now, refund_days = p_days,
            refunds_until = v_until
        where org = p_org and id = p_event;
        perform app.event_move(p_org, p_event, 'postponed', p_actor, p_request);
    end if;
    return query select * from app.events e where e.org = p_org and e.id = p_event;
end $$;
