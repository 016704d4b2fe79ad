-- app.capture_find(p_gateway, p_transaction) -> the id of the charge that is this transaction of the gateway's, or null
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.capture_find(p_gateway text, p_transaction text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    select p.id into v_id from app.payments p
    where p.gateway = p_gateway and p.gateway_transaction = p_transaction and p.kind = 'charge' limit 1;
    return v_id;
end $$;
