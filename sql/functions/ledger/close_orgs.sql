-- ledger.close_orgs(p_day) -> org
-- Organizers with entries up to the day's end that stand in no closed day yet.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ledger.close_orgs(p_day date) returns table (org int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_end timestamptz := (p_day + 1)::timestamp at time zone 'UTC';
begin
    return query
    select o.org from app.organizers o
    cross join lateral (select coalesce((max(c.day) + 1)::timestamp at time zone 'UTC', '-infinity') as at from ledger.closes c where c.org = o.org) f
    where exists (select from ledger.entries e where e.org = o.org and e.recorded_at >= f.at and e.recorded_at < v_end)
    order by o.org;
end $$;
