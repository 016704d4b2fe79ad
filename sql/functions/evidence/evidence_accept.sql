-- app.evidence_accept(p_org, p_dispute, p_by_api, p_actor, p_request) -> the dispute's version
-- One shot: the dispute is not answered but given up. p_by_api: a job tells
-- the gateway; else there is nobody to tell. Raises BX003, BX022, BX034 (evidence_lock).
create or replace function app.evidence_accept(p_org int, p_dispute uuid, p_by_api boolean, p_actor text, p_request text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_row app.disputes := app.evidence_lock(p_org, p_dispute, false);
    v_answer text := case when p_by_api then 'accepting' else 'accepted' end;
begin
    update app.disputes set answer = v_answer, answered_at = v_now, version = v_row.version + 1 where org = p_org and id = p_dispute;
    perform ops.audit_put(p_org, p_actor, 'dispute.' || v_answer, p_dispute, v_row.version + 1, p_request, '{}');
    if p_by_api then
        perform ops.job_put(p_org, 'evidence_send', p_dispute, v_due, false, p_request);
    end if;
    perform ops.job_drop(p_org, 'evidence_due', p_dispute);
    return v_row.version + 1;
end $$;
