-- app.dispute_expire(p_org, p_id) -> whether the job is done
-- The time to answer has passed and nobody did: it waits for the gateway's word. The job's function.
create or replace function app.dispute_expire(p_org int, p_id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_row app.disputes;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id for update;
    if v_row.due_by > v_now then
        return false;
    elsif v_row.status = 'needs_response' and v_row.answer = 'none' then
        update app.disputes set status = 'expired', version = v_row.version + 1 where org = p_org and id = p_id;
        perform app.dispute_told(p_org, p_id, 'dispute.expired', false, 'jobs', null);
        perform ops.job_put(p_org, 'dispute_look', p_id, v_due, false, null);
    end if;
    return true;
end $$;
