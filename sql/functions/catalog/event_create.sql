-- app.event_create(p_org, p_doc, p_actor, p_request) -> the row
-- p_doc: the columns of app.events as JSON. Raises BX002 when the currency is not the organizer's.
create or replace function app.event_create(p_org int, p_doc jsonb, p_actor text, p_request text) returns setof app.events
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_new app.events := jsonb_populate_record(null::app.events, p_doc);
    v_org app.organizers;
begin
    select * into v_org from app.organizers o where o.org = p_org for share;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such organizer';
    end if;
    v_new.org := p_org;
    v_new.organizer_id := v_org.id;
    v_new.status := 'draft';
    v_new.dates_stand := true;
    v_new.version := 1;
    v_new.created_at := ops.now();
    v_new.time_zone := coalesce(v_new.time_zone, v_org.time_zone);
    v_new.currency := coalesce(v_new.currency, v_org.currency);
    perform app.event_check(p_org, v_new, v_org.currency);
    insert into app.events values (v_new.*);
    perform ops.audit_put(p_org, p_actor, 'event.created', v_new.id, 1, p_request, to_jsonb(v_new));
    return next v_new;
end $$;
