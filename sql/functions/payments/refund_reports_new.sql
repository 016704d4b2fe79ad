-- app.refund_reports_new(p_org, p_limit) -> refunds whose charges the gateway is to be asked for, the oldest first
create or replace function app.refund_reports_new(p_org int, p_limit int) returns table (gateway text, transaction text, age_ms bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select r.gateway, r.transaction, (extract(epoch from clock_timestamp() - r.created_at) * 1000)::bigint
    from app.refund_reports r where r.org = p_org and r.charge = '' and r.state = 'new' order by r.created_at, r.transaction limit p_limit;
end $$;
