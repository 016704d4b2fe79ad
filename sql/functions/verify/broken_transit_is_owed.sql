-- ops.broken_transit_is_owed(p_limit) -> (org, object, detail)
-- refunds_in_transit is what guests have yet to get back: the captures that no
-- order takes and whose money is still here (but for what guests have by a lost dispute), and the refunds accepted that the
-- gateway has not made, or has made and taken back.
-- Reads all entries, all payments and all refunds.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_transit_is_owed(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(b.org, c.org), 'refunds_in_transit in ' || coalesce(b.currency, c.currency),
        format('is %s, what is to be given back is %s', coalesce(b.total, 0), coalesce(c.total, 0))
    from (select e.org, e.currency, sum(e.amounts[array_position(e.accounts, 'refunds_in_transit')]) as total
          from ledger.entries e group by e.org, e.currency) b
    full join (select x.org, x.currency, sum(x.amount) as total
          from (select p.org, p.currency, app.dispute_owed(p.org, p.id) as amount from app.payments p where p.state = 'late_approved'
              union all
              select r.org, r.currency, r.amount from app.refunds r where r.status <> 'failed' and not exists (
                  select from app.payments p where p.org = r.org and p.refund_id = r.id and p.state = 'succeeded')) x
          group by x.org, x.currency) c
        on c.org = b.org and c.currency = b.currency
    where coalesce(b.total, 0) <> -coalesce(c.total, 0)
    limit p_limit;
end $$;
