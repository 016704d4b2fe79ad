-- app.payment_of_transaction(p_org, p_payment, p_transaction) -> another payment of p_payment's gateway that has the
--     transaction, or null
-- A refund may be known by its charge's: where that was voided, it has none of its own.
create or replace function app.payment_of_transaction(p_org int, p_payment uuid, p_transaction text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_gateway text;
    v_capture uuid;
    v_other uuid;
begin
    select p.gateway, p.capture_id into v_gateway, v_capture from app.payments p where p.org = p_org and p.id = p_payment;
    select p.id into v_other from app.payments p
    where p.org = p_org and p.gateway = v_gateway and p.kind in ('charge', 'refund') and p.gateway_transaction = p_transaction
        and p.id not in (p_payment, coalesce(v_capture, p_payment))
    limit 1;
    return v_other;
end $$;
