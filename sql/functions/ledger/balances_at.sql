-- ledger.balances_at(p_org, p_currency, p_at, p_occurred) -> (currency, account, amount)
-- What the accounts stood at at p_at, that instant included: by recorded_at
-- from the last closed day before it on, or by occurred_at from all entries.
create or replace function ledger.balances_at(p_org int, p_currency text, p_at timestamptz, p_occurred boolean)
returns table (currency text, account text, amount bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
rows 20
as $$
declare
    v_utc_day date := (p_at at time zone 'UTC')::date;
    v_day date;
    v_from timestamptz;
    v_to timestamptz := 'infinity';
    v_occurred_to timestamptz;
begin
    if p_occurred then
        v_occurred_to := p_at;
    else
        v_to := p_at;
        select max(c.day) into v_day from ledger.closes c where c.org = p_org and c.day < v_utc_day;
    end if;
    v_from := coalesce((v_day + 1)::timestamp at time zone 'UTC', '-infinity');
    return query
    select p.unit, p.acc, sum(p.value)::bigint
    from (select e.currency as unit, e.account as acc, e.amount as value
          from ledger.entry_sums(p_org, p_currency, v_from, v_to, v_occurred_to) e
          union all
          select c.currency, u.acc, u.value from ledger.closes c cross join lateral unnest(c.accounts, c.amounts) u (acc, value)
          where c.org = p_org and c.day = v_day and (p_currency is null or c.currency = p_currency)) p
    group by p.unit, p.acc;
end $$;
