-- app.organizer_get(p_org) -> the row, or none
create or replace function app.organizer_get(p_org int) returns setof app.organizers
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from app.organizers o where o.org = p_org;
end $$;
