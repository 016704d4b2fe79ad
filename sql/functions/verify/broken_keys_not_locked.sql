-- ops.broken_keys_not_locked(p_limit, p_recent_s) -> (org, object, detail)
-- An Idempotency-Key whose run is over has its answer, or is free for the next
-- run. While the order's payment is under way it may wait: the look-up frees it.
-- Only keys of payments can be left over; all others are answered in their claim's
-- own transaction.
-- Reads the payments that payments_recent gives, and their keys.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_keys_not_locked(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.org, 'payment ' || p.id, format('its key is locked since %s, and nothing is under way', i.running_until)
    from ops.payments_recent(p_recent_s, null) p
    join ops.idempotency i on i.org = p.idem_org and i.principal = p.idem_principal and i.key = p.idem_key
    where i.status is null and i.running_until < now() - interval '5 min'
      and not exists (select from app.payments x where x.org = p.org and x.order_id = p.order_id and x.state in ('sending', 'unknown'))
    limit p_limit;
end $$;
