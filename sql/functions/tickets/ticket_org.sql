-- app.ticket_org(p_code) -> whose ticket has this code; null: nobody's
-- owner: boxoffice_owner
-- Asks one organizer after the other by the key (org, code): a code has so many
-- random bits that two never have the same, but none says whose it is.
create or replace function app.ticket_org(p_code text) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_org int;
begin
    select z.org into v_org
    from app.organizers z
    cross join lateral (select t.id from app.tickets t where t.org = z.org and t.code = p_code limit 1) x
    limit 1;
    return v_org;
end $$;
