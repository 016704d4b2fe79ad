-- ops.broken_entries_balance(p_limit, p_recent_s) -> (org, object, detail)
-- Every entry has two postings or more, an amount for each account, and sums to
-- zero: what the table's CHECK says, seen again.
-- Reads the entries of the span, by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_entries_balance(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select e.org, 'entry ' || e.id, format('%s of %s sums to %s over %s accounts', e.effect, e.object_id,
        (select sum(a) from unnest(e.amounts) a), cardinality(e.accounts))
    from app.organizers z join ledger.entries e on e.org = z.org
    where e.recorded_at >= v_since and (cardinality(e.accounts) < 2 or cardinality(e.accounts) <> cardinality(e.amounts)
        or (select sum(a) from unnest(e.amounts) a) is distinct from 0)
    limit p_limit;
end $$;
