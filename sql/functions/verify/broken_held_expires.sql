-- ops.broken_held_expires(p_limit, p_recent_s) -> (org, object, detail)
-- An order that is held has the job that ends its hold.
-- Reads the orders made in the span, by index, and the jobs of those that are held.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_held_expires(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, format('it is held until %s, and no job ends that', o.expires_at)
    from app.organizers z join app.orders o on o.org = z.org
    where o.created_at >= v_since and o.status = 'held'
      and not exists (select from ops.jobs j where j.org = o.org and j.kind = 'order_expire' and j.object_id = o.id)
    limit p_limit;
end $$;
