-- ops.broken_accounts_right_sign(p_limit) -> (org, object, detail)
-- What is owed is never less than nothing: pending, reserve, dispute hold, and
-- what is in transit have no debit balance. (organizer_available may: the
-- organizer then owes us.)
-- Reads all entries.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_accounts_right_sign(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, p.account || ' in ' || p.currency, format('has a debit balance of %s', sum(p.amount))
    from ledger.postings p
    where p.account in ('organizer_pending', 'organizer_reserve', 'organizer_dispute_hold', 'payouts_in_transit', 'refunds_in_transit')
    group by p.org, p.account, p.currency having sum(p.amount) > 0
    limit p_limit;
end $$;
