-- app.refund_charge(p_org, p_capture) -> the charge whose refunds the gateway is asked for
-- captured: it was made; told: the refunds of it that the gateway told of.
create or replace function app.refund_charge(p_org int, p_capture uuid)
returns table (captured boolean, gateway text, transaction text, reference text, told text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select p.state in ('succeeded', 'late_approved', 'voided'), p.gateway, p.gateway_transaction, p.reference,
        array(select r.transaction from app.refund_reports r where r.org = p_org and r.gateway = p.gateway
            and r.charge = p.gateway_transaction order by r.created_at, r.transaction)
    from app.payments p where p.org = p_org and p.id = p_capture and p.kind = 'charge';
end $$;
