-- app.evidence_accept(p_org, p_dispute, p_actor, p_request) -> (version, answered_at) of the dispute
-- One shot: the dispute is not answered but given up. A job tells the
-- gateway. Raises BX003, BX022, BX034 (evidence_lock).
create or replace function app.evidence_accept(p_org int, p_dispute uuid, p_actor text, p_request text)
returns table (version int, answered_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_row app.disputes := app.evidence_lock(p_org, p_dispute, false);
begin
    update app.disputes set answer = 'accepting', answered_at = v_now, version = v_row.version + 1 where org = p_org and id = p_dispute;
    perform ops.audit_put(p_org, p_actor, 'dispute.accepting', p_dispute, v_row.version + 1, p_request, '{}');
    perform ops.job_put(p_org, 'evidence_send', p_dispute, v_due, false, p_request);
    perform ops.job_drop(p_org, 'evidence_due', p_dispute);
    return query select v_row.version + 1, v_now;
end $$;
