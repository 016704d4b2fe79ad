-- ops.broken_audit_has_every_payment_change(p_limit, p_recent_s) -> (org, object, detail)
-- The audit log tells how each attempt came to be what it is.
-- Reads the payments that payments_recent gives, and an audit row of each.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_audit_has_every_payment_change(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, case p.kind when 'refund' then 'refund ' else 'payment ' end || p.id,
        format('a %s that is %s, and the audit log does not say so', p.kind, p.state)
    from ops.payments_recent(p_recent_s, null) p
    where not exists (select from ops.audit a where a.org = p.org and a.object_id = p.id and a.action in (case
          when p.kind = 'refund' then 'payment.refund_' || p.state
          when p.state = 'late_approved' then 'capture.unplaced'
          else 'payment.' || p.state end, case when p.kind = 'charge' and p.state = 'not_found_final' then 'payment.adopted' end))
    limit p_limit;
end $$;
