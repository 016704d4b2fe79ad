-- app.ticket_type_check(p_org, p_type)
-- What two fields of a ticket type must be to each other, and its currency to the event's.
create or replace function app.ticket_type_check(p_org int, p_type app.ticket_types) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_currency text;
begin
    select e.currency into v_currency from app.events e where e.org = p_org and e.id = p_type.event_id;
    if p_type.currency <> v_currency then
        raise exception using errcode = 'BX002', message = format('the event sells in %s', v_currency);
    elsif p_type.min_per_order > p_type.max_per_order then
        raise exception using errcode = 'BX001', message = '/max_per_order: must not be below min_per_order';
    elsif p_type.sales_end_at <= p_type.sales_start_at then
        raise exception using errcode = 'BX001', message = '/sales_end_at: must be later than sales_start_at';
    end if;
end $$;
