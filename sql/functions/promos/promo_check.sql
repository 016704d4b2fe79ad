-- app.promo_check(p_org, p_promo, p_funds) -> the row as it is stored
-- What fields of a promo code must be to each other, and what it names to the
-- organizer; lists and minimums that are null become none. p_funds: whether
-- the caller may spend the platform's money. Raises BX001 with the bad field.
create or replace function app.promo_check(p_org int, p_promo app.promo_codes, p_funds boolean) returns app.promo_codes
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_new app.promo_codes := p_promo;
    v_place bigint;
begin
    v_new.code_normal := upper(v_new.code);
    v_new.events := coalesce(v_new.events, '{}');
    v_new.ticket_types := coalesce(v_new.ticket_types, '{}');
    v_new.opens_ticket_types := coalesce(v_new.opens_ticket_types, '{}');
    v_new.min_order_amount := coalesce(v_new.min_order_amount, 0);
    v_new.min_tickets := coalesce(v_new.min_tickets, 0);
    v_new.platform_bps := coalesce(v_new.platform_bps, 0);
    v_new.starts_at := app.promo_window(v_new.starts_at);
    v_new.ends_at := app.promo_window(v_new.ends_at);

    if v_new.platform_bps > 0 and not p_funds then
        raise exception using errcode = 'BX001', message = '/funder: only the platform can give its own money';
    elsif num_nonnulls(v_new.percent_bps, v_new.fixed_amount) = 0 and cardinality(v_new.opens_ticket_types) = 0 then
        raise exception using errcode = 'BX001', message = '/discount: is required of a code that opens no ticket types';
    elsif (v_new.starts_at like '%Z') = (v_new.ends_at like '%Z') and v_new.ends_at <= v_new.starts_at then
        raise exception using errcode = 'BX001', message = '/ends_at: must be later than starts_at';
    end if;
    select u.n - 1 into v_place from unnest(v_new.events) with ordinality u (id, n)
    where not exists (select from app.events e where e.org = p_org and e.id = u.id) order by u.n limit 1;
    if found then
        raise exception using errcode = 'BX001', message = format('/events/%s: the organizer has no such event', v_place);
    end if;
    perform app.promo_types_check(p_org, 'ticket_types', v_new.ticket_types, v_new.events);
    perform app.promo_types_check(p_org, 'opens_ticket_types', v_new.opens_ticket_types, v_new.events);
    return v_new;
end $$;
