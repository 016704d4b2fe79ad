-- ops.broken_attempt_has_lookup(p_limit, p_recent_s) -> (org, object, detail)
-- An attempt that is sending or unknown has the job that finds out what became of it.
-- Reads the payments of orders made in the span, by index; over everything, all payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_attempt_has_lookup(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select p.org, 'payment ' || p.id, format('it is %s, and no job looks it up', p.state)
    from app.payments p
    where (p_recent_s is null or (p.org, p.order_id) in (select x.org, x.id
        from app.organizers z join app.orders x on x.org = z.org where x.created_at >= v_since))
      and p.state in ('sending', 'unknown')
      and not exists (select from ops.jobs j where j.org = p.org and j.kind = 'payment_lookup' and j.object_id = p.id)
    limit p_limit;
end $$;
