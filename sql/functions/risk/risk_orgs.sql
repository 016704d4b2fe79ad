-- app.risk_orgs() -> the organizers whose disputes are to be counted anew
-- owner: boxoffice_owner
-- Those with one in 90 days, and those of whom one was counted last time.
create or replace function app.risk_orgs() returns table (org int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_since timestamptz := ops.now() - interval '90 days';
begin
    return query
    select d.org from app.disputes d where d.opened_at >= v_since
    union
    select r.org from app.risks r where r.level <> 'normal' or r.figures[5] > 0
    order by 1;
end $$;
