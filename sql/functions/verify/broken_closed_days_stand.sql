-- ops.broken_closed_days_stand(p_limit) -> (org, object, detail)
-- The entries of each closed day still lead to what was signed for it, are as
-- many, and none has come into a day afterwards.
-- Reads all entries of closed days.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_closed_days_stand(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_closed timestamptz := ledger.closed_until();
begin
    return query
    select c.org, format('day %s in %s', c.day, c.currency), format('was signed as %s %s of %s entries, comes out as %s %s of %s', c.accounts, c.amounts, c.entries,
        coalesce(s.accounts, '{}'), coalesce(s.amounts, '{}'), n.entries)
    from ledger.closes c
    cross join lateral (select max(b.day) as day, coalesce((max(b.day) + 1)::timestamp at time zone 'UTC', '-infinity') as ended
        from ledger.closes b where b.org = c.org and b.day < c.day) p
    cross join lateral (select count(*) as entries from ledger.entries e where e.org = c.org and e.currency = c.currency
        and e.recorded_at >= p.ended and e.recorded_at < (c.day + 1)::timestamp at time zone 'UTC') n
    cross join lateral (select array_agg(y.account order by y.account) as accounts, array_agg(y.amount order by y.account) as amounts
        from (select x.account, sum(x.amount)::bigint as amount
              from (select u.account, u.amount from ledger.entries e cross join lateral unnest(e.accounts, e.amounts) u (account, amount)
                    where e.org = c.org and e.currency = c.currency and e.recorded_at >= p.ended and e.recorded_at < (c.day + 1)::timestamp at time zone 'UTC'
                    union all
                    select u.account, u.amount from ledger.closes b cross join lateral unnest(b.accounts, b.amounts) u (account, amount)
                    where b.org = c.org and b.day = p.day and b.currency = c.currency) x
              group by x.account having sum(x.amount) <> 0) y) s
    where (c.accounts, c.amounts, c.entries) is distinct from (coalesce(s.accounts, '{}'), coalesce(s.amounts, '{}'), n.entries)
    limit p_limit;
    return query
    select o.org, 'entry ' || e.id, format('was recorded at %s, in a day that was closed without it', e.recorded_at)
    from app.organizers o
    cross join lateral (select coalesce((max(c.day) + 1)::timestamp at time zone 'UTC', '-infinity') as ended from ledger.closes c where c.org = o.org) p
    join ledger.entries e on e.org = o.org and e.recorded_at >= p.ended and e.recorded_at < v_closed
    limit p_limit;
end $$;
