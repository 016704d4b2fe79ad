-- app.dispute_assign(p_org, p_gateway, p_dispute, p_capture, p_actor, p_request) -> how many of its words found no charge before
-- A person says which charge a dispute is about. p_org is 0.
create or replace function app.dispute_assign(p_org int, p_gateway text, p_dispute text, p_capture uuid, p_actor text, p_request text)
returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_row app.dispute_reports;
    v_n int := 0;
begin
    for v_row in
        select * from app.dispute_reports r where r.org = p_org and r.gateway = p_gateway and r.gateway_dispute = p_dispute
        and r.state = 'unmatched' order by r.id for update
    loop
        v_n := v_n + 1;
        update app.dispute_reports set state = 'new', capture_id = p_capture, note = null where org = p_org and id = v_row.id;
        perform ops.job_put(p_org, 'dispute_place', v_row.id, v_due, false, p_request);
        perform ops.audit_put(p_org, p_actor, 'dispute.assigned', v_row.id, null, p_request, jsonb_build_object('gateway', p_gateway,
            'dispute', p_dispute, 'capture', p_capture));
    end loop;
    return v_n;
end $$;
