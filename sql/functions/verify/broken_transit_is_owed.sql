-- ops.broken_transit_is_owed(p_limit) -> (org, object, detail)
-- refunds_in_transit is what guests have yet to get back: the captures that no
-- order takes and whose money is still here.
-- Reads all entries and all payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_transit_is_owed(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(b.org, c.org), 'refunds_in_transit in ' || coalesce(b.currency, c.currency),
        format('is %s, the captures to give back are %s', coalesce(b.total, 0), coalesce(c.total, 0))
    from (select e.org, e.currency, sum(e.amounts[array_position(e.accounts, 'refunds_in_transit')]) as total
          from ledger.entries e group by e.org, e.currency) b
    full join (select p.org, p.currency, sum(p.amount) as total
          from app.payments p where p.state = 'late_approved' group by p.org, p.currency) c
        on c.org = b.org and c.currency = b.currency
    where coalesce(b.total, 0) <> -coalesce(c.total, 0)
    limit p_limit;
end $$;
