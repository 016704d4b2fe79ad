-- ops.sweep_since(p_seconds) -> from when a gateway's list is compared with ours
-- So long ago by the business clock; null: after a restore, from a day before
-- the books ended that were restored, because what was lost is newer than what
-- is left. What was written since the recovery began says nothing of that.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.sweep_since(p_seconds bigint) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz;
    v_began timestamptz;
    v_ended timestamptz;
begin
    if p_seconds is not null then
        return ops.now() - make_interval(secs => p_seconds);
    end if;
    select coalesce(max(a.recorded_at), '-infinity') into v_before from ops.audit a where a.action = 'recovery.ended';
    select min(a.recorded_at) into v_began from ops.audit a
    where a.action = 'epoch.renewed' and a.body::jsonb ->> 'recovering' = 'true' and a.recorded_at > v_before;
    select max(a.recorded_at) into v_ended from ops.audit a where v_began is null or a.recorded_at < v_began;
    return least(ops.now(), coalesce(v_ended, ops.now())) - interval '1 day';
end $$;
