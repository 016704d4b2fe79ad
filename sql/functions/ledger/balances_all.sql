-- ledger.balances_all(p_currency, p_at, p_occurred) -> (currency, account, amount)
-- The same summed over all organizers; p_at null: now.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ledger.balances_all(p_currency text, p_at timestamptz, p_occurred boolean)
returns table (currency text, account text, amount bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 100
as $$
begin
    if p_at is null then
        return query select b.currency, b.account, sum(b.amount)::bigint
            from app.organizers o cross join lateral ledger.balances(o.org, p_currency) b group by b.currency, b.account;
        return;
    end if;
    return query select b.currency, b.account, sum(b.amount)::bigint
        from app.organizers o cross join lateral ledger.balances_at(o.org, p_currency, p_at, p_occurred) b group by b.currency, b.account;
end $$;
