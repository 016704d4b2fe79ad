-- ops.broken_hold_is_disputed(p_limit) -> (org, object, detail)
-- What is frozen of an organizer's share, and what the gateway has taken for
-- disputes, are those of the disputes that are open.
-- Reads all entries and all disputes.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_hold_is_disputed(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select coalesce(b.org, c.org), 'disputes in ' || coalesce(b.currency, c.currency), format('hold %s and are owed %s, those that are open say %s and %s',
        coalesce(b.hold, 0), coalesce(b.taken, 0), coalesce(c.share, 0), coalesce(c.amount, 0))
    from (select e.org, e.currency, -sum(e.amounts[array_position(e.accounts, 'organizer_dispute_hold')]) as hold,
            sum(e.amounts[array_position(e.accounts, 'dispute_receivable')]) as taken
          from ledger.entries e group by e.org, e.currency) b
    full join (select d.org, d.currency, sum(d.share) as share, sum(d.amount) as amount
          from app.disputes d where d.moved and d.ended_at is null group by d.org, d.currency) c
        on c.org = b.org and c.currency = b.currency
    where (coalesce(b.hold, 0), coalesce(b.taken, 0)) <> (coalesce(c.share, 0), coalesce(c.amount, 0))
    limit p_limit;
end $$;
