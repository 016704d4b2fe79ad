-- app.ticket_type_update(p_org, p_event, p_type, p_version, p_doc, p_actor, p_request) -> the row
-- Orders keep the price they were made at. Fewer tickets than sold or held is refused.
create or replace function app.ticket_type_update(p_org int, p_event uuid, p_type uuid, p_version int, p_doc jsonb,
    p_actor text, p_request text) returns setof app.ticket_types
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_old app.ticket_types;
    v_new app.ticket_types;
begin
    select * into v_old from app.ticket_types t where t.org = p_org and t.event_id = p_event and t.id = p_type for update;
    if not found then
        raise exception using errcode = 'BX003', message = 'there is no such ticket type';
    elsif v_old.version <> p_version then
        raise exception using errcode = 'BX030', message = 'the ticket type has changed since it was read';
    end if;
    v_new := jsonb_populate_record(v_old, p_doc);
    perform app.ticket_type_check(p_org, v_new);
    v_new.version := v_old.version + 1;
    update app.ticket_types set (name, price, quantity, min_per_order, max_per_order, sales_start_at, sales_end_at, hidden, version)
      = (v_new.name, v_new.price, v_new.quantity, v_new.min_per_order, v_new.max_per_order, v_new.sales_start_at,
        v_new.sales_end_at, v_new.hidden, v_new.version)
    where org = p_org and id = p_type;
    if v_new.quantity <> v_old.quantity then
        perform app.inventory_set(p_org, p_type, v_new.quantity - v_old.quantity);
    end if;
    perform ops.audit_put(p_org, p_actor, 'ticket_type.updated', p_type, v_new.version, p_request, p_doc);
    perform ops.outbox_put(p_org, 'event.updated', p_type, v_new.version, jsonb_build_object('event', p_event, 'ticket_type', p_type));
    return next v_new;
end $$;
