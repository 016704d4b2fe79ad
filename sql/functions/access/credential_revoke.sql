-- app.credential_revoke(p_hash, p_actor, p_request) -> whether it was live
-- Revoked at once: nothing caches credentials.
create or replace function app.credential_revoke(p_hash bytea, p_actor text, p_request text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_row app.credentials;
begin
    update app.credentials set revoked_at = now() where hash = p_hash and revoked_at is null returning * into v_row;
    if not found then
        return false;
    end if;
    perform ops.audit_put(v_row.org, p_actor, v_row.kind || '.revoked', v_row.id, 2, p_request, '{}');
    return true;
end $$;
