-- app.events_list_all(p_status, p_before_at, p_before_id, p_limit) -> every organizer's, newest first
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.events_list_all(p_status text, p_before_at timestamptz, p_before_id uuid, p_limit int)
returns setof app.events
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from app.events e
    where (p_status is null or e.status = p_status)
      and (p_before_at is null or (e.created_at, e.id) < (p_before_at, p_before_id))
    order by e.created_at desc, e.id desc limit p_limit;
end $$;
