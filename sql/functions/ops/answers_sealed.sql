-- ops.answers_sealed(p_other_than, p_after_org, p_after_principal, p_after_key, p_limit) -> (org, principal, key, answer)
-- Stored answers whose first bytes, the id of their key, are not these; in
-- key order. For the rotation of keys.
-- owner: boxoffice_owner (reads across organizers)
create or replace function ops.answers_sealed(p_other_than bytea, p_after_org int, p_after_principal uuid, p_after_key text,
    p_limit int) returns table (org int, principal uuid, key text, answer bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select i.org, i.principal, i.key, i.answer from ops.idempotency i
        where (i.org, i.principal, i.key) > (p_after_org, p_after_principal, p_after_key) and i.answer is not null
          and substring(i.answer from 1 for length(p_other_than)) <> p_other_than
        order by i.org, i.principal, i.key limit p_limit;
end $$;
