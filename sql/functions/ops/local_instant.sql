-- ops.local_instant(p_local, p_zone) -> the instant at which clocks in the zone show p_local
-- A local time that clocks skip moves forward; of one that they show twice, the first.
create or replace function ops.local_instant(p_local timestamp, p_zone text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := p_local at time zone p_zone;    -- of two, the later
begin
    return case when (v_at - interval '1 h') at time zone p_zone = p_local then v_at - interval '1 h'
        when (v_at - interval '30 min') at time zone p_zone = p_local then v_at - interval '30 min' else v_at end;
end $$;
