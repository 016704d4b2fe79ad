-- app.credential_by_id(p_id) -> (hash, kind, role, org): to revoke by id
-- owner: boxoffice_owner (reads across shards)
create or replace function app.credential_by_id(p_id uuid) returns table (hash bytea, kind text, role text, org int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select c.hash, c.kind, c.role, c.org from app.credentials c where c.id = p_id and c.revoked_at is null;
end $$;
