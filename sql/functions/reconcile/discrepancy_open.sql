-- app.discrepancy_open(p_org, p_kind, p_object, p_order, p_amount, p_currency, p_detail, p_actor, p_request) -> whether it is new
-- What the other side reports of an object does not agree with the books: told
-- once for each kind and object, for people to look into. p_order may be null.
-- Inner function of whoever books what was reported.
create or replace function app.discrepancy_open(p_org int, p_kind text, p_object uuid, p_order uuid, p_amount bigint, p_currency text,
    p_detail text, p_actor text, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := ops.now();
    v_id uuid := ops.id_new(p_org);
begin
    insert into app.discrepancies (org, id, kind, object_id, order_id, amount, currency, detail, status, version, created_at)
    values (p_org, v_id, p_kind, p_object, p_order, p_amount, p_currency, p_detail, 'open', 1, v_now)
    on conflict (org, kind, object_id) do nothing;
    if not found then
        return false;
    end if;
    perform ops.audit_put(p_org, p_actor, 'discrepancy.opened', v_id, 1, p_request, jsonb_build_object('kind', p_kind, 'object', p_object,
        'order', p_order, 'amount', p_amount, 'currency', p_currency));
    perform ops.outbox_put(p_org, 'reconciliation.discrepancy', v_id, 1, jsonb_build_object('discrepancy', v_id, 'kind', p_kind,
        'object', p_object, 'order', p_order));
    return true;
end $$;
