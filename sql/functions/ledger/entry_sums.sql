-- ledger.entry_sums(p_org, p_currency, p_from, p_to, p_occurred_to) -> (currency, account, amount)
-- What an organizer's entries sum to that were recorded from p_from to p_to,
-- both included, and occurred until p_occurred_to; null: whenever. Summed place
-- by place for each set of accounts, of which there are few, and by account
-- then: half the time of unnesting each entry. Inner function.
create or replace function ledger.entry_sums(p_org int, p_currency text, p_from timestamptz, p_to timestamptz, p_occurred_to timestamptz)
returns table (currency text, account text, amount numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 20
as $$
begin
    return query
    select g.currency, u.account, sum(u.amount)
    from (select e.currency, e.accounts, array[sum(e.amounts[1]), sum(e.amounts[2]), sum(e.amounts[3]), sum(e.amounts[4]), sum(e.amounts[5]),
              sum(e.amounts[6]), sum(e.amounts[7]), sum(e.amounts[8]), sum(e.amounts[9]), sum(e.amounts[10]), sum(e.amounts[11]), sum(e.amounts[12]),
              sum(e.amounts[13]), sum(e.amounts[14]), sum(e.amounts[15]), sum(e.amounts[16]), sum(e.amounts[17]), sum(e.amounts[18]),
              sum(e.amounts[19]), sum(e.amounts[20]), sum(e.amounts[21]), sum(e.amounts[22])] as amounts
          from ledger.entries e
          where e.org = p_org and e.recorded_at >= p_from and e.recorded_at <= p_to and (p_currency is null or e.currency = p_currency)
            and (p_occurred_to is null or e.occurred_at <= p_occurred_to)
          group by e.currency, e.accounts) g
    cross join lateral unnest(g.accounts, g.amounts) u (account, amount) where u.account is not null
    group by g.currency, u.account;
end $$;
