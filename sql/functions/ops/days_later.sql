-- ops.days_later(p_at, p_days, p_zone) -> the same local time so many calendar days later
-- No day later is p_at itself, also where clocks show it a second time.
create or replace function ops.days_later(p_at timestamptz, p_days int, p_zone text) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_days = 0 then
        return p_at;
    end if;
    return ops.local_instant((p_at at time zone p_zone) + make_interval(days => p_days), p_zone);
end $$;
