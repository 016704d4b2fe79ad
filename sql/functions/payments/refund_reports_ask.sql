-- app.refund_reports_ask(p_org, p_capture, p_request)
-- A charge has come into the books late: what the gateway told of its refunds
-- before is looked up now.
create or replace function app.refund_reports_ask(p_org int, p_capture uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_row app.payments;
begin
    select * into v_row from app.payments p where p.org = p_org and p.id = p_capture;
    if exists (select from app.refund_reports r where r.org = p_org and r.gateway = v_row.gateway and r.charge = v_row.gateway_transaction) then
        perform ops.job_put(p_org, 'refund_external', p_capture, v_now, false, p_request);
    end if;
end $$;
