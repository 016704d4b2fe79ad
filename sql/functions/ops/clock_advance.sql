-- ops.clock_advance(p_seconds)
-- Moves the business clock forward. Test installations only: the caller checks the mode.
create or replace function ops.clock_advance(p_seconds bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_step interval := make_interval(secs => p_seconds);
begin
    if p_seconds < 0 then
        raise exception using errcode = 'BX001', message = 'the clock moves forward only';
    end if;
    update ops.test_clock set "offset" = "offset" + v_step where one;
end $$;
