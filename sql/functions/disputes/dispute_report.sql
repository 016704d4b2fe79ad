-- app.dispute_report(p_org, p_id) -> what a gateway said of a dispute
-- capture_id: also where another word on the same dispute has found the charge.
create or replace function app.dispute_report(p_org int, p_id uuid) returns setof app.dispute_reports
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.dispute_reports;
begin
    for v_row in select * from app.dispute_reports r where r.org = p_org and r.id = p_id loop
        v_row.capture_id := coalesce(v_row.capture_id, (select s.capture_id from app.dispute_reports s where s.org = p_org
            and s.gateway = v_row.gateway and s.gateway_dispute = v_row.gateway_dispute and s.state = 'placed' limit 1));
        return next v_row;
    end loop;
end $$;
