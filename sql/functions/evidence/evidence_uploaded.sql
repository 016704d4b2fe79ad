-- app.evidence_uploaded(p_org, p_id, p_file)
-- The gateway has the file, by that name. The first name stays: a second
-- upload of it was for nothing.
create or replace function app.evidence_uploaded(p_org int, p_id uuid, p_file text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.evidence set gateway_file = p_file where org = p_org and id = p_id and gateway_file is null;
end $$;
