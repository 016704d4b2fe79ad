-- app.refund_reported(p_org, p_capture, p_transaction, p_said) -> whether the books say the same of this refund of a charge
-- Booked and still so; or made out before, and nothing new is said of it.
-- Declined, and not booked: there is nothing to book.
create or replace function app.refund_reported(p_org int, p_capture uuid, p_transaction text, p_said text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_charge app.payments;
    v_state text;
begin
    select * into v_charge from app.payments p where p.org = p_org and p.id = p_capture;
    select p.state into v_state from app.payments p
    where p.org = p_org and p.gateway = v_charge.gateway and p.kind = 'refund' and p.gateway_transaction = p_transaction;
    if found then
        return (p_said = 'declined') = (v_state <> 'succeeded');
    end if;
    return p_said = 'declined' or exists (select from app.refund_reports r where r.org = p_org and r.gateway = v_charge.gateway
        and r.charge = v_charge.gateway_transaction and r.transaction = p_transaction and r.state = 'done');
end $$;
