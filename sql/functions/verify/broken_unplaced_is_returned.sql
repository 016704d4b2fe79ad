-- ops.broken_unplaced_is_returned(p_limit, p_recent_s) -> (org, object, detail)
-- The money of a charge that no order took is on its way back (a refund under way,
-- or the job that makes the next one), or is back: voided, with refunds of all of
-- it that succeeded.
-- Reads the unplaced captures booked in the span, by index.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_unplaced_is_returned(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select p.org, 'payment ' || p.id, format('%s %s were captured for nothing; it is %s, and no refund or job stands for that', p.amount,
        p.currency, p.state)
    from app.organizers z join ledger.entries e on e.org = z.org
    join app.payments p on p.org = e.org and p.id = e.object_id
    where e.recorded_at >= v_since and e.effect = 'unplaced_capture' and p.kind = 'charge'
      and not exists (select from app.payments r where r.org = p.org and r.capture_id = p.id and r.kind = 'refund'
          and r.state in ('sending', 'unknown') and p.state = 'late_approved')
      and app.dispute_owed(p.org, p.id) > 0
      and not exists (select from ops.jobs j where j.org = p.org and j.kind = 'capture_return' and j.object_id = p.id
          and j.buried_at is null and p.state = 'late_approved')
    limit p_limit;
end $$;
