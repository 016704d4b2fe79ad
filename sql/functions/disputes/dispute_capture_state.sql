-- app.dispute_capture_state(p_org, p_capture, p_cause, p_actor, p_request)
-- A charge that no order took is owed, and goes back by its own job, or is not. Inner function.
create or replace function app.dispute_capture_state(p_org int, p_capture uuid, p_cause uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_was text;
    v_state text := case when app.dispute_owed(p_org, p_capture) > 0 then 'late_approved' else 'voided' end;
begin
    select p.state into v_was from app.payments p where p.org = p_org and p.id = p_capture for update;
    update app.payments set state = v_state where org = p_org and id = p_capture;
    if v_state = 'late_approved' then
        perform ops.job_put(p_org, 'capture_return', p_capture, v_due, false, p_request);
    else
        perform ops.job_drop(p_org, 'capture_return', p_capture);
    end if;
    if v_was <> v_state then
        perform ops.audit_put(p_org, p_actor, 'payment.' || v_state, p_capture, null, p_request, jsonb_build_object('cause', p_cause));
    end if;
end $$;
