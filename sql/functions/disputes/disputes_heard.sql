-- app.disputes_heard(p_org, p_reports, p_source, p_dry, p_request) -> how many of them were not known
-- Words of a gateway on disputes, each kept once (dispute_heard). p_org is 0; p_dry: keeps none.
create or replace function app.disputes_heard(p_org int, p_reports jsonb, p_source text, p_dry boolean, p_request text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row record;
    v_news bigint := 0;
begin
    for v_row in
        select x.* from jsonb_to_recordset(p_reports) x (gateway text, dispute text, word text, charge text, last4 text, day date, amount text,
            fee text, reason text, due_by timestamptz)
        order by x.gateway, x.dispute, x.word
    loop
        v_news := v_news + app.dispute_heard(p_org, v_row.gateway, v_row.dispute, v_row.word, v_row.charge, v_row.last4, v_row.day, v_row.amount,
            v_row.fee, v_row.reason, v_row.due_by, p_source, p_dry, p_request)::int;
    end loop;
    return v_news;
end $$;
