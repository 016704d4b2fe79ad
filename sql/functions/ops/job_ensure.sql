-- ops.job_ensure(p_org, p_kind, p_object)
-- Work that comes round for ever: asked for when the daemon starts, left alone
-- when it is there, taken out of the grave.
create or replace function ops.job_ensure(p_org int, p_kind text, p_object uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
begin
    insert into ops.jobs (org, kind, object_id, due_at, business)
    values (p_org, p_kind, p_object, v_now, false)
    on conflict (org, kind, object_id) do update set buried_at = null, attempts = 0;
end $$;
