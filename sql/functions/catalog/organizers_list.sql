-- app.organizers_list(p_before_at, p_before_id, p_limit) -> rows, newest first
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.organizers_list(p_before_at timestamptz, p_before_id uuid, p_limit int)
returns setof app.organizers
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from app.organizers o
    where p_before_at is null or (o.created_at, o.id) < (p_before_at, p_before_id)
    order by o.created_at desc, o.id desc limit p_limit;
end $$;
