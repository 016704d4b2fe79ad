-- ops.broken_trial_balance_zero(p_limit) -> (org, object, detail)
-- An organizer's accounts sum to zero, in each currency.
-- Reads all entries.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_trial_balance_zero(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select e.org, 'trial balance in ' || e.currency, format('sums to %s', sum(s.total))
    from ledger.entries e cross join lateral (select sum(a) as total from unnest(e.amounts) a) s
    group by e.org, e.currency having sum(s.total) <> 0
    limit p_limit;
end $$;
