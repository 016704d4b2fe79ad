-- app.refund_reports_done(p_org, p_gateway, p_charge, p_told)
-- These were made out: what the gateway has of them stands in the books, or is
-- nothing. p_charge: the gateway's; '': which it was had to be asked.
create or replace function app.refund_reports_done(p_org int, p_gateway text, p_charge text, p_told text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.refund_reports set state = 'done' where org = p_org and gateway = p_gateway and charge = p_charge
        and transaction = any (p_told) and state = 'new';
end $$;
