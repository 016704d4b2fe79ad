-- ops.clock_get() -> (at, quiet)
-- The business time, and whether no job is due, in hand, or between two turns (one
-- whose next turn is long off waits for somebody, not for itself).
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.clock_get() returns table (at timestamptz, quiet boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_business timestamptz := ops.now();
begin
    return query select v_business, not exists (
        select 1 from ops.jobs j
        where j.buried_at is null
          and (j.leased_until > now()
               or j.due_at <= case when j.business then v_business else now() end + case when j.progress is null then interval '0' else interval '5 s' end));
end $$;
