-- ops.sweep_since(p_seconds) -> from when a gateway's list is compared with ours
-- So long ago by the business clock; null: after a restore, from a day before
-- the books end, because what was lost is newer than what is left.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.sweep_since(p_seconds bigint) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if p_seconds is not null then
        return ops.now() - make_interval(secs => p_seconds);
    end if;
    return least(ops.now(), coalesce((select max(a.recorded_at) from ops.audit a), ops.now())) - interval '1 day';
end $$;
