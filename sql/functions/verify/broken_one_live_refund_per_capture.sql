-- ops.broken_one_live_refund_per_capture(p_limit, p_recent_s) -> (org, object, detail)
-- A capture that no order takes is given back by one refund at a time, not by two at once.
-- Reads the captures with a refund or a second record, by their own index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_one_live_refund_per_capture(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select r.org, 'payment ' || r.capture_id, format('%s refunds give it back: %s', count(*), string_agg(r.id::text, ', ' order by r.id))
    from app.payments r
    where r.capture_id is not null and r.unplaced and not r.external and r.state in ('sending', 'unknown')
    group by r.org, r.capture_id having count(*) > 1 and max(r.created_at) >= v_since
    limit p_limit;
end $$;
