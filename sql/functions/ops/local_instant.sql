-- ops.local_instant(p_local, p_zone) -> the instant at which clocks in the zone show p_local
-- A local time that clocks skip moves forward; of one that they show twice, the first.
create or replace function ops.local_instant(p_local timestamp, p_zone text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_at timestamptz := p_local at time zone p_zone;    -- of two, the later
    v_before timestamptz := v_at - interval '1 day';
    v_first timestamptz := (p_local - ((v_before at time zone p_zone) - (v_before at time zone 'UTC'))) at time zone 'UTC';
begin
    return case when v_first at time zone p_zone = p_local then least(v_first, v_at) else v_at end;
end $$;
