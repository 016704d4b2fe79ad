-- app.event_update(p_org, p_event, p_version, p_doc, p_actor, p_request) -> the row
-- A completed or cancelled event doesn't change (BX022). Its completion follows
-- ends_at. A postponed one that is given dates, not yet over, is on sale again if
-- its organizer may sell (else publishing it is left to do), and its guests have
-- the days that they were given anew, to look at these dates. They may be the
-- old ones: it takes place after all.
create or replace function app.event_update(p_org int, p_event uuid, p_version int, p_doc jsonb, p_actor text,
    p_request text) returns setof app.events
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_old app.events;
    v_new app.events;
    v_now timestamptz := ops.now();
begin
    select * into v_old from app.events e where e.org = p_org and e.id = p_event for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such event';
    elsif v_old.version <> p_version then
        raise exception using errcode = 'BX030', message = 'the event has changed since it was read';
    elsif v_old.status in ('completed', 'cancelled') then
        raise exception using errcode = 'BX022', message = format('the event is %s', v_old.status);
    end if;
    v_new := jsonb_populate_record(v_old, p_doc);
    v_new.time_zone := coalesce(v_new.time_zone, v_old.time_zone);
    v_new.currency := coalesce(v_new.currency, v_old.currency);
    perform app.event_check(p_org, v_new, v_old.currency);
    v_new.version := v_old.version + 1;
    if v_old.status = 'postponed' and (p_doc ? 'starts_at' or p_doc ? 'ends_at') and v_new.ends_at > v_now then
        v_new.dates_stand := true;
        v_new.refunds_until := ops.days_later(v_now, v_old.refund_days, v_new.time_zone);
    end if;
    update app.events set (name, venue_name, venue_address, venue_country, venue_region, starts_at, ends_at, time_zone,
        tax_rate_bps, tax_inclusive, tax_on_fees, min_age, dates_stand, refunds_until, version)
      = (v_new.name, v_new.venue_name, v_new.venue_address, v_new.venue_country, v_new.venue_region, v_new.starts_at,
        v_new.ends_at, v_new.time_zone, v_new.tax_rate_bps, v_new.tax_inclusive, v_new.tax_on_fees, v_new.min_age,
        v_new.dates_stand, v_new.refunds_until, v_new.version)
    where org = p_org and id = p_event;
    if v_new.status <> 'draft' then
        perform ops.job_put(p_org, 'event_complete', p_event, v_new.ends_at, true, p_request);
    end if;
    perform ops.audit_put(p_org, p_actor, 'event.updated', p_event, v_new.version, p_request, p_doc);
    perform ops.outbox_put(p_org, 'event.updated', p_event, v_new.version, jsonb_build_object('event', p_event));
    if v_new.status = 'postponed' and v_new.dates_stand then
        begin
            select * into v_new from app.event_move(p_org, p_event, 'on_sale', p_actor, p_request);
        exception when sqlstate 'BX016' then
            null;
        end;
    end if;
    return next v_new;
end $$;
