-- app.dispute_charges(p_gateway, p_charge, p_last4, p_currencies, p_amounts, p_day, p_days) -> (id, state, currency), two at most
-- The charge of a dispute: the one that the gateway named, else those of this
-- card and amount (in each currency) of the p_days up to p_day: it is known when there is one.
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.dispute_charges(p_gateway text, p_charge text, p_last4 text, p_currencies text[], p_amounts bigint[], p_day date,
    p_days int) returns table (id uuid, state text, currency text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_charge is not null then
        return query select p.id, p.state, p.currency from app.payments p
        where p.gateway = p_gateway and p.gateway_transaction = p_charge and p.kind = 'charge' limit 2;
        return;
    end if;
    return query select p.id, p.state, p.currency from unnest(p_currencies, p_amounts) u (currency, amount)
    join app.payments p on p.card_last4 = p_last4 and p.amount = u.amount and p.currency = u.currency
    where p.gateway = p_gateway and p.kind = 'charge' and p.state in ('succeeded', 'late_approved', 'voided')
      and p.created_at >= p_day - p_days and p.created_at < p_day + 2 limit 2;
end $$;
