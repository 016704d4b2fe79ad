-- app.dispute_return(p_org, p_id, p_actor, p_request)
-- A dispute of a charge that no order took has moved: what is still owed of it
-- goes back by its own job, and nothing is where its guest has it by the dispute. Inner function.
create or replace function app.dispute_return(p_org int, p_id uuid, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_capture uuid;
    v_state text;
    v_owed bigint;
begin
    select d.capture_id into v_capture from app.disputes d where d.org = p_org and d.id = p_id;
    select p.state into v_state from app.payments p where p.org = p_org and p.id = v_capture for update;
    v_owed := app.dispute_owed(p_org, v_capture);
    if v_owed > 0 then
        update app.payments set state = 'late_approved' where org = p_org and id = v_capture;
        perform ops.job_put(p_org, 'capture_return', v_capture, v_due, false, p_request);
    else
        update app.payments set state = 'voided' where org = p_org and id = v_capture;
        perform ops.job_drop(p_org, 'capture_return', v_capture);
    end if;
    if v_state <> (case when v_owed > 0 then 'late_approved' else 'voided' end) then
        perform ops.audit_put(p_org, p_actor, case when v_owed > 0 then 'payment.late_approved' else 'payment.voided' end, v_capture, null, p_request,
            jsonb_build_object('dispute', p_id));
    end if;
end $$;
