-- app.dispute_told(p_org, p_dispute, p_what, p_outbox, p_actor, p_request)
-- The audit row of a change of a dispute, and the outbox row where somebody is told. Inner function.
create or replace function app.dispute_told(p_org int, p_dispute uuid, p_what text, p_outbox boolean, p_actor text, p_request text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.disputes;
begin
    select * into v_row from app.disputes d where d.org = p_org and d.id = p_dispute;
    perform ops.audit_put(p_org, p_actor, p_what, p_dispute, v_row.version, p_request, jsonb_build_object('order', v_row.order_id,
        'capture', v_row.capture_id, 'gateway_dispute', v_row.gateway_dispute, 'status', v_row.status, 'amount', v_row.amount,
        'fee', v_row.fee, 'over', v_row.over, 'currency', v_row.currency));
    if p_outbox then
        perform ops.outbox_put(p_org, p_what, p_dispute, v_row.version, jsonb_build_object('dispute', p_dispute, 'order', v_row.order_id));
    end if;
end $$;
