-- app.ticket_type_create(p_org, p_event, p_doc, p_actor, p_request) -> the row
create or replace function app.ticket_type_create(p_org int, p_event uuid, p_doc jsonb, p_actor text, p_request text)
returns setof app.ticket_types
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_new app.ticket_types := jsonb_populate_record(null::app.ticket_types, p_doc);
    v_event app.events;
begin
    select * into v_event from app.events e where e.org = p_org and e.id = p_event;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such event';
    elsif v_event.status in ('completed', 'cancelled') then
        raise exception using errcode = 'BX022', message = format('the event is %s', v_event.status);
    end if;
    v_new.org := p_org;
    v_new.event_id := p_event;
    v_new.currency := coalesce(v_new.currency, v_event.currency);
    v_new.version := 1;
    v_new.created_at := ops.now();
    perform app.ticket_type_check(p_org, v_new);
    insert into app.ticket_types values (v_new.*);
    perform app.inventory_set(p_org, v_new.id, v_new.quantity);
    perform ops.audit_put(p_org, p_actor, 'ticket_type.created', v_new.id, 1, p_request, to_jsonb(v_new));
    perform ops.outbox_put(p_org, 'event.updated', v_new.id, 1, jsonb_build_object('event', p_event, 'ticket_type', v_new.id));
    return next v_new;
end $$;
