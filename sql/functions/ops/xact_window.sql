-- ops.xact_window(p_org) -> (oldest, next)
-- Transactions of the organizer's node: below oldest all have ended, next has
-- not begun. What a change is to be seen by is seen once oldest has reached
-- the next that was read after it.
create or replace function ops.xact_window(p_org int) returns table (oldest bigint, next bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    from app.organizers o where o.org = p_org;
end $$;
