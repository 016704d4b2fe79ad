-- app.evidence_sealed(p_other_than, p_after_org, p_after_id, p_limit) -> (org, id, body)
-- Evidence whose first bytes, the id of their key, are not these; in key
-- order. For the rotation of keys.
-- owner: boxoffice_owner (reads across organizers)
create or replace function app.evidence_sealed(p_other_than bytea, p_after_org int, p_after_id uuid, p_limit int)
returns table (org int, id uuid, body bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select e.org, e.id, e.body from app.evidence e
        where (e.org, e.id) > (p_after_org, p_after_id) and substring(e.body from 1 for length(p_other_than)) <> p_other_than
        order by e.org, e.id limit p_limit;
end $$;
