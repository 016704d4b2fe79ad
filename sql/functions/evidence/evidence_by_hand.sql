-- app.evidence_by_hand(p_org, p_dispute, p_request)
-- What was submitted has no API to go to: it counts as submitted, and whoever
-- has to send it is reminded of the due date until the gateway says more.
create or replace function app.evidence_by_hand(p_org int, p_dispute uuid, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if app.evidence_sent(p_org, p_dispute, 'submitting', 'submitted', p_request) then
        update app.disputes set by_hand = true where org = p_org and id = p_dispute;
        perform app.evidence_remind(p_org, p_dispute, p_request);
    end if;
end $$;
