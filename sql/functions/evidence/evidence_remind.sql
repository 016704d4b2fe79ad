-- app.evidence_remind(p_org, p_dispute, p_request)
-- Asks for the job that reminds of a dispute's due date: when it opens, and
-- when the date is told or changed.
create or replace function app.evidence_remind(p_org int, p_dispute uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
begin
    perform ops.job_put(p_org, 'evidence_due', p_dispute, v_now, true, p_request);
end $$;
