-- app.disputes_unmatched(p_org, p_limit) -> what gateways said of disputes whose charge is not known, the oldest first
create or replace function app.disputes_unmatched(p_org int, p_limit int) returns setof app.dispute_reports
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select * from app.dispute_reports r where r.org = p_org and r.state = 'unmatched' order by r.created_at, r.id limit p_limit;
end $$;
