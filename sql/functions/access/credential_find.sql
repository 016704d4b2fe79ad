-- app.credential_find(p_hash) -> the live credential with this hash, or no row
create or replace function app.credential_find(p_hash bytea)
returns table (id uuid, kind text, role text, org int, subject uuid, scopes text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select c.id, c.kind, c.role, c.org, c.subject, c.scopes from app.credentials c
    where c.hash = p_hash and c.revoked_at is null and (c.expires_at is null or c.expires_at > now());
end $$;
