-- ops.broken_audit_has_every_order_change(p_limit, p_recent_s) -> (org, object, detail)
-- The audit log has a row for every version of an order.
-- Reads the orders made in the span, by index, and their audit rows.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_audit_has_every_order_change(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it is %s in version %s, and the audit log knows %s of these', o.status, o.version, a.n)
    from app.organizers z join app.orders o on o.org = z.org
    cross join lateral (select count(distinct x.version) as n from ops.audit x
        where x.org = o.org and x.object_id = o.id and x.version <= o.version and x.action like 'order.%') a
    where o.created_at >= v_since and a.n <> o.version
    limit p_limit;
end $$;
