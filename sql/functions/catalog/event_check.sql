-- app.event_check(p_org, p_event, p_currency)
-- What only the database can check of an event: its zone, currency and times.
create or replace function app.event_check(p_org int, p_event app.events, p_currency text) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_event.currency <> p_currency then
        raise exception using errcode = 'BX002', message = format('the organizer sells in %s', p_currency);
    elsif not exists (select 1 from pg_timezone_names z where z.name = p_event.time_zone) then
        raise exception using errcode = 'BX001', message = '/time_zone: there is no such time zone';
    elsif p_event.ends_at <= p_event.starts_at then
        raise exception using errcode = 'BX001', message = '/ends_at: must be later than starts_at';
    elsif p_event.tax_inclusive and p_event.tax_on_fees then
        raise exception using errcode = 'BX001', message = '/tax/on_fees: inclusive tax is never on fees';
    end if;
end $$;
