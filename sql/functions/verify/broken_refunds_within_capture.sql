-- ops.broken_refunds_within_capture(p_limit, p_recent_s) -> (org, object, detail)
-- What we give back, or may be giving back, of a capture is at most what it captured.
-- Reads the captures with a refund or a second record, by their own index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_refunds_within_capture(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select c.org, 'payment ' || c.id, format('%s are given back of %s %s', sum(r.amount), c.amount, c.currency)
    from app.payments r join app.payments c on c.org = r.org and c.id = r.capture_id
    where r.capture_id is not null and r.kind = 'refund' and not r.external and r.state in ('sending', 'unknown', 'succeeded')
      and c.id in (select x.capture_id from app.payments x where x.org = c.org and x.capture_id is not null and x.created_at >= v_since)
    group by c.org, c.id, c.amount, c.currency having sum(r.amount) > c.amount
    limit p_limit;
end $$;
