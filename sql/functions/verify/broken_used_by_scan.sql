-- ops.broken_used_by_scan(p_limit) -> (org, object, detail)
-- A ticket that is used, or was until its money went back, was let in by the
-- scan that says so, at that moment, the last one if its event was postponed
-- in between; what no scan let in is not used.
-- Reads all tickets, and the scans that let in.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_used_by_scan(p_limit int) returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select t.org, 'ticket ' || t.id, format('it is %s, used at %s, let in at %s', t.status, coalesce(t.used_at::text, 'no time'),
        coalesce(x.at::text, 'no time'))
    from app.tickets t
    cross join lateral (select max(s.scanned_at) as at from app.ticket_scans s
        where s.org = t.org and s.ticket_id = t.id and s.status = 'valid') x
    where t.used_at is distinct from x.at or (t.status = 'used' and t.used_at is null) or (t.status = 'valid' and t.used_at is not null)
    limit p_limit;
end $$;
