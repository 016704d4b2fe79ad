-- app.event_complete(p_org, p_event) -> whether it is over
-- The job at ends_at. Not yet (the dates moved): false, nothing done.
create or replace function app.event_complete(p_org int, p_event uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.events;
begin
    select * into v_row from app.events e where e.org = p_org and e.id = p_event for update;
    if v_row.ends_at > ops.now() then
        return false;
    end if;
    if v_row.status in ('on_sale', 'paused') then
        perform app.event_move(p_org, p_event, 'completed', 'jobs', null);
    end if;
    return true;
end $$;
