-- app.evidence_submit(p_org, p_dispute, p_pack, p_size, p_sha256, p_body, p_by_api, p_actor, p_request) -> the dispute's version
-- One shot: the pack is kept, and from here on nothing of the evidence
-- changes. p_by_api: a job carries it to the gateway; else the operator sends
-- it, and for the books it is sent. Raises BX003, BX022, BX034, BX035 (evidence_lock).
create or replace function app.evidence_submit(p_org int, p_dispute uuid, p_pack uuid, p_size bigint, p_sha256 text, p_body bytea,
    p_by_api boolean, p_actor text, p_request text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_row app.disputes := app.evidence_lock(p_org, p_dispute, true);
    v_answer text := case when p_by_api then 'submitting' else 'submitted' end;
begin
    insert into app.evidence (org, id, dispute_id, kind, fields, media_type, size, sha256, body, created_at)
    values (p_org, p_pack, p_dispute, 'pack', '{}', 'application/json', p_size, p_sha256, p_body, v_now);
    update app.disputes set answer = v_answer, answered_at = v_now, version = v_row.version + 1 where org = p_org and id = p_dispute;
    perform ops.audit_put(p_org, p_actor, 'dispute.' || v_answer, p_dispute, v_row.version + 1, p_request,
        jsonb_build_object('pack', p_pack, 'sha256', p_sha256));
    if p_by_api then
        perform ops.job_put(p_org, 'evidence_send', p_dispute, v_due, false, p_request);
    end if;
    perform ops.job_drop(p_org, 'evidence_due', p_dispute);
    return v_row.version + 1;
end $$;
