-- ledger.closed_until() -> the end of the last closed day, or -infinity. Inner function.
create or replace function ledger.closed_until() returns timestamptz
language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((select (max(d.day) + 1)::timestamp at time zone 'UTC' from ledger.closed_days d), '-infinity');
end $$;
