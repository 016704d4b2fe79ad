-- ops.job_put(p_org, p_kind, p_object, p_due, p_business, p_request)
-- Asks for work once per (kind, object); asking again moves the due time, takes
-- it out of the grave, has it begin anew and ends a lease: a worker that is at it was asked
-- before what is asked now, so its "done" must not count. Two may then work on
-- one job at once, which every job must bear anyway.
create or replace function ops.job_put(p_org int, p_kind text, p_object uuid, p_due timestamptz, p_business boolean,
    p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.jobs (org, kind, object_id, due_at, business, request_id)
    values (p_org, p_kind, p_object, p_due, p_business, p_request)
    on conflict (org, kind, object_id) do update
        set due_at = excluded.due_at, business = excluded.business, buried_at = null, attempts = 0,
            progress = null, lease = null, leased_until = null;
end $$;
