-- ops.broken_checkpoints_agree(p_limit) -> (org, object, detail)
-- What balances are read from (checkpoint and tail) is what the entries sum to.
-- Reads all entries.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_checkpoints_agree(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(t.org, b.org), coalesce(t.account, b.account) || ' in ' || coalesce(t.currency, b.currency),
        format('is read as %s, the entries sum to %s', coalesce(b.amount, 0), coalesce(t.amount, 0))
    from (select e.org, e.currency, u.account, sum(u.amount) as amount
          from ledger.entries e cross join lateral unnest(e.accounts, e.amounts) u (account, amount) group by e.org, e.currency, u.account) t
    full join (select o.org, s.currency, s.account, s.amount from app.organizers o cross join lateral ledger.balances(o.org, null) s) b
        on b.org = t.org and b.currency = t.currency and b.account = t.account
    where coalesce(b.amount, 0) <> coalesce(t.amount, 0)
    limit p_limit;
end $$;
