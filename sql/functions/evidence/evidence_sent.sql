-- app.evidence_sent(p_org, p_dispute, p_from, p_to, p_request) -> whether it was still to be said
-- What became of the one shot at the gateway: submitting ends as submitted,
-- accepting as accepted, either as none when the gateway takes it no more.
-- What the dispute is then is asked from the gateway.
create or replace function app.evidence_sent(p_org int, p_dispute uuid, p_from text, p_to text, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_due timestamptz := clock_timestamp();
    v_row app.disputes;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_dispute for update;
    if v_row.answer is distinct from p_from then
        return false;
    end if;
    update app.disputes set answer = p_to, version = v_row.version + 1 where org = p_org and id = p_dispute;
    perform ops.audit_put(p_org, 'jobs', 'dispute.' || case when p_to = 'none' then 'unanswered' else p_to end, p_dispute, v_row.version + 1,
        p_request, jsonb_build_object('from', p_from));
    perform ops.job_put(p_org, 'dispute_look', p_dispute, v_due, false, p_request);
    return true;
end $$;
