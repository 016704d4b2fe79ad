-- app.evidence_submit(p_org, p_dispute, p_pack, p_size, p_sha256, p_body, p_actor, p_request) -> (version, answered_at) of the dispute
-- One shot: the pack is kept, and from here on nothing of the evidence
-- changes. A job carries it to the gateway. Raises BX003, BX022, BX034, BX035 (evidence_lock).
create or replace function app.evidence_submit(p_org int, p_dispute uuid, p_pack uuid, p_size bigint, p_sha256 text, p_body bytea,
    p_actor text, p_request text) returns table (version int, answered_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_row app.disputes := app.evidence_lock(p_org, p_dispute, true);
begin
    insert into app.evidence (org, id, dispute_id, kind, fields, media_type, size, sha256, body, created_at)
    values (p_org, p_pack, p_dispute, 'pack', '{}', 'application/json', p_size, p_sha256, p_body, v_now);
    update app.disputes set answer = 'submitting', answered_at = v_now, version = v_row.version + 1 where org = p_org and id = p_dispute;
    perform ops.audit_put(p_org, p_actor, 'dispute.submitting', p_dispute, v_row.version + 1, p_request,
        jsonb_build_object('pack', p_pack, 'sha256', p_sha256));
    perform ops.job_put(p_org, 'evidence_send', p_dispute, v_due, false, p_request);
    perform ops.job_drop(p_org, 'evidence_due', p_dispute);
    return query select v_row.version + 1, v_now;
end $$;
