-- app.risks_all(p_limit) -> organizers and events of which too much is disputed, those that something is done about first
-- owner: boxoffice_owner
create or replace function app.risks_all(p_limit int)
returns table (organizer_id uuid, event_id uuid, level text, figures bigint[], reserve_bps bigint, since timestamptz, reason text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select z.id, case when r.kind = 'event' then r.object_id end, r.level, r.figures, r.reserve_bps, r.since, r.reason
    from app.risks r join app.organizers z on z.org = r.org
    where r.level <> 'normal'
    order by r.level, r.since desc, r.object_id
    limit p_limit;
end $$;
