-- app.evidence_refused(p_org, p_id, p_why)
-- The gateway will never take the file, and says why: it is left out of the answer.
create or replace function app.evidence_refused(p_org int, p_id uuid, p_why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.evidence set refused = p_why where org = p_org and id = p_id and gateway_file is null and refused is null;
end $$;
