-- ledger.folds_due(p_tail, p_limit) -> org
-- Organizers of whom a node has more than p_tail entries in no checkpoint.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ledger.folds_due(p_tail bigint, p_limit int) returns table (org int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select o.org from app.organizers o
    where exists (select from ledger.tail_starts(o.org) t
        cross join lateral (select from ledger.entries e where e.org = o.org and e.node = t.node and e.xid >= t.xid offset p_tail limit 1) x)
    limit p_limit;
end $$;
