-- app.event_get(p_org, p_event) -> the row, or none
create or replace function app.event_get(p_org int, p_event uuid) returns setof app.events
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from app.events e where e.org = p_org and e.id = p_event;
end $$;
