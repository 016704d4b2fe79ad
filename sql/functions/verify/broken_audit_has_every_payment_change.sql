-- ops.broken_audit_has_every_payment_change(p_limit, p_recent_s) -> (org, object, detail)
-- The audit log tells how each attempt came to be what it is.
-- Reads the payments of orders made in the span, by index, and an audit row of
-- each; over everything, all payments.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_audit_has_every_payment_change(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select p.org, 'payment ' || p.id, format('a %s that is %s, and the audit log does not say so', p.kind, p.state)
    from app.payments p
    where (p_recent_s is null or (p.org, p.order_id) in (select x.org, x.id
        from app.organizers z join app.orders x on x.org = z.org where x.created_at >= v_since))
      and not exists (select from ops.audit a where a.org = p.org and a.object_id = p.id and a.action in (case
          when p.kind = 'refund' then 'payment.refund_' || p.state
          when p.state = 'late_approved' then 'capture.unplaced'
          else 'payment.' || p.state end, case when p.kind = 'charge' and p.state = 'not_found_final' then 'payment.adopted' end))
    limit p_limit;
end $$;
