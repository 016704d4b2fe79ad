-- ops.broken_checkpoints_agree(p_limit) -> (org, object, detail)
-- What balances are read from (checkpoint and tail) is what the entries sum to.
-- Reads all entries: summed place by place for each set of accounts, of which
-- there are few, and by account then: half the time of unnesting each entry.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_checkpoints_agree(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with truth as materialized (
        select g.org, g.currency, u.account, sum(u.amount) as amount
        from (select e.org, e.currency, e.accounts, array[sum(e.amounts[1]), sum(e.amounts[2]), sum(e.amounts[3]), sum(e.amounts[4]), sum(e.amounts[5]),
                  sum(e.amounts[6]), sum(e.amounts[7]), sum(e.amounts[8]), sum(e.amounts[9]), sum(e.amounts[10]), sum(e.amounts[11]), sum(e.amounts[12]),
                  sum(e.amounts[13]), sum(e.amounts[14]), sum(e.amounts[15]), sum(e.amounts[16]), sum(e.amounts[17]), sum(e.amounts[18]),
                  sum(e.amounts[19]), sum(e.amounts[20]), sum(e.amounts[21]), sum(e.amounts[22])] as amounts
              from ledger.entries e group by e.org, e.currency, e.accounts) g
        cross join lateral unnest(g.accounts, g.amounts) u (account, amount) where u.account is not null
        group by g.org, g.currency, u.account)
    select coalesce(t.org, b.org), coalesce(t.account, b.account) || ' in ' || coalesce(t.currency, b.currency),
        format('is read as %s, the entries sum to %s', coalesce(b.amount, 0), coalesce(t.amount, 0))
    from truth t
    full join (select o.org, s.currency, s.account, s.amount from app.organizers o cross join lateral ledger.balances(o.org, null) s) b
        on b.org = t.org and b.currency = t.currency and b.account = t.account
    where coalesce(b.amount, 0) <> coalesce(t.amount, 0)
    limit p_limit;
end $$;
