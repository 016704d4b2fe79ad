-- app.payment_get(p_org, p_payment) -> the attempt, with what its look-up must know
-- age_ms counts from arming, by the wall clock. capture_transaction: of a
-- refund, the charge whose money it gives back; whole: all of it.
create or replace function app.payment_get(p_org int, p_payment uuid)
returns table (kind text, order_id uuid, gateway text, reference text, amount bigint, currency text, state text,
    outcome_code text, gateway_transaction text, not_founds int, lookups int, age_ms bigint, idem_org int,
    idem_principal uuid, idem_key text, idem_status int, whole boolean, capture_transaction text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select p.kind, p.order_id, p.gateway, p.reference, p.amount, p.currency, p.state, p.outcome_code,
        p.gateway_transaction, p.not_founds, p.lookups, (extract(epoch from clock_timestamp() - p.armed_at) * 1000)::bigint,
        p.idem_org, p.idem_principal, p.idem_key, p.idem_status, p.amount = c.amount, c.gateway_transaction
    from app.payments p left join app.payments c on c.org = p.org and c.id = p.capture_id
    where p.org = p_org and p.id = p_payment;
end $$;
