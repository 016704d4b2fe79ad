-- app.event_move(p_org, p_event, p_to, p_actor, p_request) -> the row
-- The one place where an event's status changes: draft -> on_sale <-> paused,
-- on_sale or paused -> completed; any -> cancelled, where it ends; any but
-- draft -> postponed, and from there, once it has new dates, -> on_sale. Already
-- there is no change. Publishing needs a verified organizer with a licence in
-- force (BX016).
create or replace function app.event_move(p_org int, p_event uuid, p_to text, p_actor text, p_request text)
returns setof app.events
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.events;
    v_org app.organizers;
    v_now timestamptz := ops.now();
begin
    select * into v_row from app.events e where e.org = p_org and e.id = p_event for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such event';
    elsif v_row.status = p_to then
        return next v_row;
        return;
    elsif not (v_row.status, p_to) in (('draft', 'on_sale'), ('paused', 'on_sale'), ('postponed', 'on_sale'), ('on_sale', 'paused'),
        ('on_sale', 'completed'), ('paused', 'completed'), ('draft', 'cancelled'), ('on_sale', 'cancelled'), ('paused', 'cancelled'),
        ('postponed', 'cancelled'), ('completed', 'cancelled'), ('on_sale', 'postponed'), ('paused', 'postponed'),
        ('completed', 'postponed')) then
        raise exception using errcode = 'BX022', message = format('the event is %s', v_row.status);
    end if;
    if p_to = 'on_sale' then
        select * into v_org from app.organizers o where o.org = p_org;
        if v_org.verification <> 'verified' or v_org.licence_expires_on < (v_now at time zone v_org.time_zone)::date then
            raise exception using errcode = 'BX016', message = 'the organizer must be verified before its events go on sale';
        elsif v_row.ends_at <= v_now then
            raise exception using errcode = 'BX022', message = 'the event is over';
        elsif not v_row.dates_stand then
            raise exception using errcode = 'BX022', message = 'the event is postponed: give it new dates';
        end if;
        perform ops.job_put(p_org, 'event_complete', p_event, v_row.ends_at, true, p_request);
    end if;
    if p_to = 'completed' then
        perform ops.job_put(p_org, 'event_mature', p_event, v_now, true, p_request);
    end if;
    update app.events set status = p_to, version = v_row.version + 1,
        status_reason = case when p_to = 'on_sale' then null else v_row.status_reason end
    where org = p_org and id = p_event returning * into v_row;
    perform ops.audit_put(p_org, p_actor, 'event.' || p_to, p_event, v_row.version, p_request, '{}');
    perform ops.outbox_put(p_org, case when p_to in ('cancelled', 'postponed') then 'event.' || p_to else 'event.updated' end,
        p_event, v_row.version, jsonb_build_object('event', p_event, 'status', p_to));
    return next v_row;
end $$;
