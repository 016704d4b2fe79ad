-- app.capture_second(p_org, p_payment, p_id, p_reference, p_transaction, p_amount, p_currency, p_outcome, p_brand, p_last4,
--     p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred, p_fingerprint) -> whether it was new
-- The gateway has captured another charge for this attempt, voided since or not:
-- an unplaced capture of its own. Its amount is what the gateway says, whatever ours was.
create or replace function app.capture_second(p_org int, p_payment uuid, p_id uuid, p_reference text, p_transaction text,
    p_amount bigint, p_currency text, p_outcome text, p_brand text, p_last4 text, p_entry uuid, p_accounts text[],
    p_amounts bigint[], p_actor text, p_request text, p_occurred timestamptz default null, p_fingerprint bytea default null)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_order uuid;
    v_now timestamptz := clock_timestamp();
begin
    select p.order_id into v_order from app.payments p where p.org = p_org and p.id = p_payment;
    perform 1 from app.orders o where o.org = p_org and o.id = v_order for update;
    if exists (select 1 from app.payments p where p.org = p_org and p.kind = 'charge' and p.gateway_transaction = p_transaction
        and p.gateway = (select x.gateway from app.payments x where x.org = p_org and x.id = p_payment)) then
        return false;
    end if;
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, outcome_code, gateway_transaction,
        card_brand, card_last4, armed_at, resolved_at, created_at, kind, capture_id, card_fingerprint)
    select p_org, p_id, v_order, p.gateway, p_reference, p_amount, p_currency, 'late_approved', p_outcome, p_transaction,
        p_brand, p_last4, v_now, v_now, ops.now(), 'charge', p_payment, p_fingerprint
    from app.payments p where p.org = p_org and p.id = p_payment
    on conflict (org, gateway, reference) do nothing;
    if not found then
        return false;
    end if;
    perform app.capture_unplaced(p_org, p_id, p_entry, p_accounts, p_amounts, p_actor, p_request, p_occurred);
    return true;
end $$;
