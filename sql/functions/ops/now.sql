-- ops.now() -> timestamptz
-- The business clock: the transaction's time, moved by the test clock. Holds,
-- sale windows, due dates and created_at follow it; leases and fences do not.
create or replace function ops.now() returns timestamptz
language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_offset interval;
begin
    select c."offset" into v_offset from ops.test_clock c;
    return now() + v_offset;
end $$;
