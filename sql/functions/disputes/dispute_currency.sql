-- app.dispute_currency(p_org, p_capture) -> the charge's currency; null: there is no such charge
create or replace function app.dispute_currency(p_org int, p_capture uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select p.currency from app.payments p where p.org = p_org and p.id = p_capture and p.kind = 'charge');
end $$;
