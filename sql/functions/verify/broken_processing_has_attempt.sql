-- ops.broken_processing_has_attempt(p_limit, p_recent_s) -> (org, object, detail)
-- An order that is processing has an attempt under way: sending or unknown.
-- Reads the orders made in the span, by index, and the payments of those that are processing.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_processing_has_attempt(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := coalesce(ops.now() - make_interval(secs => p_recent_s), '-infinity');
begin
    return query
    select o.org, 'order ' || o.id, 'it is processing, and nothing is under way that would end that'
    from app.organizers z join app.orders o on o.org = z.org
    where o.created_at >= v_since and o.status = 'processing'
      and not exists (select from app.payments p where p.org = o.org and p.order_id = o.id and p.kind = 'charge'
          and p.state in ('sending', 'unknown'))
    limit p_limit;
end $$;
