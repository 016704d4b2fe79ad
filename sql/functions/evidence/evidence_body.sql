-- app.evidence_body(p_org, p_id) -> its sealed bytes, null when there is none
create or replace function app.evidence_body(p_org int, p_id uuid) returns bytea
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select e.body from app.evidence e where e.org = p_org and e.id = p_id);
end $$;
