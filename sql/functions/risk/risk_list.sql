-- app.risk_list(p_org) -> what is known of an organizer's disputes: its own row first, then of a hundred events the worst
create or replace function app.risk_list(p_org int) returns setof app.risks
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select * from app.risks r where r.org = p_org
    order by r.kind desc, array_position('{raised,warned,normal}', r.level), r.figures[5] desc, r.object_id
    limit 101;
end $$;
