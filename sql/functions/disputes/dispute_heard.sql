-- app.dispute_heard(p_org, p_gateway, p_dispute, p_word, p_charge, p_last4, p_day, p_amount, p_fee, p_reason, p_due, p_source, p_dry, p_request)
--     -> whether it is news
-- A gateway's word on a dispute, kept once; the job dispute_place books it. p_org
-- is 0. Where its object can be asked (p_word ask) it is asked each time; a word
-- that found no charge is looked at again, by the charge's name if that is told
-- now. Inner function of disputes_heard.
create or replace function app.dispute_heard(p_org int, p_gateway text, p_dispute text, p_word text, p_charge text, p_last4 text, p_day date,
    p_amount text, p_fee text, p_reason text, p_due timestamptz, p_source text, p_dry boolean, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_due timestamptz := clock_timestamp();
    v_id uuid := ops.id_new(p_org);
    v_fresh boolean := false;
    v_row app.dispute_reports;
begin
    if not p_dry then
        insert into app.dispute_reports (org, id, gateway, gateway_dispute, word, charge, last4, day, amount, fee, reason, due_by, source, state, created_at)
        values (p_org, v_id, p_gateway, p_dispute, p_word, p_charge, p_last4, p_day, p_amount, p_fee, p_reason, p_due, p_source, 'new', v_now)
        on conflict (org, gateway, gateway_dispute, word) do nothing;
        v_fresh := found;
    end if;
    select * into v_row from app.dispute_reports r
    where r.org = p_org and r.gateway = p_gateway and r.gateway_dispute = p_dispute and r.word = p_word for update;
    if p_dry then
        return v_row.id is null;
    elsif v_row.state <> 'placed' and v_row.charge is null and p_charge is not null then
        update app.dispute_reports set charge = p_charge where org = p_org and id = v_row.id;
    end if;
    if v_fresh or p_word = 'ask' or v_row.state = 'unmatched' then
        perform ops.job_put(p_org, 'dispute_place', v_row.id, v_due, false, p_request);
    end if;
    return v_fresh;
end $$;
