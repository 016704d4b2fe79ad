-- app.evidence_reseal(p_org, p_id, p_new)
-- The same bytes under another sealing key: what a piece of evidence is never changes.
create or replace function app.evidence_reseal(p_org int, p_id uuid, p_new bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.evidence set body = p_new where org = p_org and id = p_id;
end $$;
