-- ops.broken_clearing_is_captured(p_limit) -> (org, object, detail)
-- gateway_clearing is what our attempts say that the gateway has taken, less
-- what it has given back, less what disputes that are open or lost have, and the fees
-- of all. At every commit: an attempt, or a dispute, and its entry are one.
-- Reads all entries, all payments and all disputes.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_clearing_is_captured(p_limit int)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(b.org, c.org), 'gateway_clearing in ' || coalesce(b.currency, c.currency),
        format('is %s, attempts and disputes say %s', coalesce(b.total, 0), coalesce(c.total, 0))
    from (select e.org, e.currency, sum(e.amounts[array_position(e.accounts, 'gateway_clearing')]) as total
          from ledger.entries e group by e.org, e.currency) b
    full join (select x.org, x.currency, sum(x.amount) as total
          from (select p.org, p.currency, case p.kind when 'refund' then -p.amount else p.amount end as amount
              from app.payments p where p.state in ('succeeded', 'late_approved', 'voided')
              union all
              select d.org, d.currency, -d.fee - case d.status when 'won' then 0 else d.amount end from app.disputes d where d.moved) x
          group by x.org, x.currency) c
        on c.org = b.org and c.currency = b.currency
    where coalesce(b.total, 0) <> coalesce(c.total, 0)
    limit p_limit;
end $$;
