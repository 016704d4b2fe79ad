-- app.refund_report(p_org, p_gateway, p_transaction, p_said, p_dry, p_request) -> (verdict, state)
-- The gateway told of a refund and not of its charge (NMI does so): it is asked
-- for that by the job refund_trace. p_org: 0 while nothing tells whose it is.
-- verdict as in payment_heard.
create or replace function app.refund_report(p_org int, p_gateway text, p_transaction text, p_said text, p_dry boolean, p_request text)
returns table (verdict text, state text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_state text;
begin
    select r.state into v_state from app.refund_reports r where r.org = p_org and r.gateway = p_gateway and r.charge = '' and r.transaction = p_transaction;
    verdict := case when v_state = 'done' and p_said <> 'declined' then 'known'
        when v_state is null and p_said = 'declined' then 'nothing' else 'asked' end;
    if verdict = 'asked' and not p_dry then
        insert into app.refund_reports as r (org, gateway, charge, transaction, state, created_at)
        values (p_org, p_gateway, '', p_transaction, 'new', v_now)
        on conflict (org, gateway, charge, transaction) do update set state = 'new', created_at = excluded.created_at;
        perform ops.job_put(p_org, 'refund_trace', '00000000-0000-0000-0000-000000000000', v_now, false, p_request);
    end if;
    return query select verdict, null::text;
end $$;
