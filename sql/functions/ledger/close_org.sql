-- ledger.close_org(p_org, p_day, p_by) -> entries of the day
-- Writes down what an organizer's accounts stood at at the day's end. BX022
-- when they do not sum to zero.
create or replace function ledger.close_org(p_org int, p_day date, p_by text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_end timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
    v_to timestamptz := v_end - interval '1 microsecond';     -- the last instant of the day
    v_last date;
    v_from timestamptz;
    v_unit text;
    v_total numeric;
    v_entries bigint;
begin
    select max(c.day) into v_last from ledger.closes c where c.org = p_org;
    v_from := coalesce((v_last + 1)::timestamp at time zone 'UTC', '-infinity');
    insert into ledger.closes (org, day, currency, accounts, amounts, entries, closed_by, closed_at)
    select p_org, p_day, s.currency, coalesce(array_agg(s.account order by s.account) filter (where s.amount <> 0), '{}'),
        coalesce(array_agg(s.amount order by s.account) filter (where s.amount <> 0), '{}'),
        (select count(*) from ledger.entries e where e.org = p_org and e.currency = s.currency and e.recorded_at >= v_from and e.recorded_at < v_end),
        p_by, v_now
    from (select p.currency, p.account, sum(p.amount)::bigint as amount
          from (select e.currency, e.account, e.amount from ledger.entry_sums(p_org, null, v_from, v_to, null) e
                union all
                select c.currency, u.account, u.amount from ledger.closes c cross join lateral unnest(c.accounts, c.amounts) u (account, amount)
                where c.org = p_org and c.day = v_last) p
          group by p.currency, p.account) s
    group by s.currency;
    select c.currency, (select sum(a) from unnest(c.amounts) a) into v_unit, v_total from ledger.closes c
    where c.org = p_org and c.day = p_day and (select sum(a) from unnest(c.amounts) a) <> 0 limit 1;
    if found then
        raise exception using errcode = 'BX022', message = format('the accounts of organizer %s in %s sum to %s and not to zero: see `boxoffice ledger verify`',
            p_org, v_unit, v_total);
    end if;
    select sum(c.entries) into v_entries from ledger.closes c where c.org = p_org and c.day = p_day;
    return coalesce(v_entries, 0);
end $$;
