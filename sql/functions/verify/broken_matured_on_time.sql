-- ops.broken_matured_on_time(p_limit, p_recent_s) -> (org, object, detail)
-- What an order has pending becomes available on its day (ledger.md, recipe 4): not before, and soon after.
-- Reads what ops.holds_untimely reads.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.broken_matured_on_time(p_limit int, p_recent_s bigint default null)
returns table (org int, object text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from ops.holds_untimely('matured', p_limit, p_recent_s);
end $$;
