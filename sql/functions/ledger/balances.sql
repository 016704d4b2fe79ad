-- ledger.balances(p_org, p_currency) -> (currency, account, amount, tail)
-- What an organizer's accounts stand at now, debit positive: checkpoint plus
-- tail, both of one snapshot, so that neither a sale nor a fold beside it can
-- make it wrong. tail: how many entries were counted for it. p_currency null: all.
create or replace function ledger.balances(p_org int, p_currency text)
returns table (currency text, account text, amount bigint, tail bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 20
as $$
begin
    return query
    with tail as materialized (
        select x.currency as unit, x.accounts, x.amounts from ledger.tail_starts(p_org) t
        cross join lateral (select e.currency, e.accounts, e.amounts from ledger.entries e
            where e.org = p_org and e.node = t.node and e.xid >= t.xid offset 0) x
        where p_currency is null or x.currency = p_currency)
    select p.unit, p.acc, sum(p.value)::bigint, (select count(*) from tail)
    from (select t.unit, u.acc, u.value from tail t cross join lateral unnest(t.accounts, t.amounts) u (acc, value)
          union all
          select c.currency, u.acc, u.value from ledger.checkpoints c cross join lateral unnest(c.accounts, c.amounts) u (acc, value)
          where c.org = p_org and (p_currency is null or c.currency = p_currency)) p
    group by p.unit, p.acc;
end $$;
