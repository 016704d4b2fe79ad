-- app.refund_reports_done(p_org, p_gateway, p_charge, p_told) -> for how long the youngest that is left waits, in ms; null: none is left
-- These were made out: what the gateway has of them stands in the books, or is
-- nothing. p_charge: the gateway's; '': which it was had to be asked. What was
-- told of the charge as a whole, by its own id, is made out with the rest.
create or replace function app.refund_reports_done(p_org int, p_gateway text, p_charge text, p_told text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_last timestamptz;
begin
    update app.refund_reports set state = 'done' where org = p_org and gateway = p_gateway and charge = p_charge
        and (transaction = any (p_told) or transaction = p_charge) and state = 'new';
    select max(r.created_at) into v_last from app.refund_reports r
    where r.org = p_org and r.gateway = p_gateway and r.charge = p_charge and r.state = 'new';
    return (extract(epoch from v_now - v_last) * 1000)::bigint;
end $$;
