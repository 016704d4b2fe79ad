-- app.dispute_seen(p_org, p_id, p_capture, p_gateway, p_dispute, p_status, p_amount, p_currency, p_reason, p_due, p_actor, p_request)
-- What the gateway says of a dispute where no money moves: that there is one,
-- that it is under review, until when it can be answered. The caller holds the
-- order's lock (dispute_facts) and has decided the status.
create or replace function app.dispute_seen(p_org int, p_id uuid, p_capture uuid, p_gateway text, p_dispute text, p_status text, p_amount bigint,
    p_currency text, p_reason text, p_due timestamptz, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_row app.disputes;
    v_ended timestamptz := case when p_status in ('won', 'lost', 'accepted') then v_now end;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_id for update;
    if not found then
        insert into app.disputes (org, id, capture_id, order_id, gateway, gateway_dispute, status, amount, currency, reason, due_by, reported_at,
            ended_at, version, created_at)
        select p_org, p_id, p_capture, case when p.state = 'succeeded' then p.order_id end, p_gateway, p_dispute, p_status, p_amount, p_currency,
            p_reason, p_due, v_now, v_ended, 1, v_now
        from app.payments p where p.org = p_org and p.id = p_capture;
        perform app.dispute_told(p_org, p_id, 'dispute.seen', false, p_actor, p_request);
    elsif (v_row.status, v_row.due_by, v_row.reason) is distinct from (p_status, coalesce(p_due, v_row.due_by), coalesce(p_reason, v_row.reason)) then
        update app.disputes set status = p_status, due_by = coalesce(p_due, v_row.due_by), reason = coalesce(p_reason, v_row.reason),
            reported_at = v_now, ended_at = coalesce(v_row.ended_at, v_ended), version = v_row.version + 1 where org = p_org and id = p_id;
        perform app.dispute_told(p_org, p_id, 'dispute.' || p_status, false, p_actor, p_request);
    end if;
    if p_due is not null and p_status in ('warning', 'needs_response') then
        perform ops.job_put(p_org, 'dispute_expire', p_id, p_due, true, p_request);
        perform app.evidence_remind(p_org, p_id, p_request);
    end if;
end $$;
