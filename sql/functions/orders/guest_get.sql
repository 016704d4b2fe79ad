-- app.guest_get(p_org, p_guest) -> (id, name, email, locale), or no row
create or replace function app.guest_get(p_org int, p_guest uuid) returns table (id uuid, name text, email text, locale text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select g.id, g.name, g.email, g.locale from app.guests g where g.org = p_org and g.id = p_guest;
end $$;
