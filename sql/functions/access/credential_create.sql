-- app.credential_create(p_hash, p_id, p_kind, p_role, p_org, p_subject, p_name, p_scopes, p_ttl_seconds, p_expires, p_actor, p_request)
--   -> (created_at, expires_at)
-- A new API key or access token; only the hash of its secret comes here.
create or replace function app.credential_create(p_hash bytea, p_id uuid, p_kind text, p_role text, p_org int,
    p_subject uuid, p_name text, p_scopes text[], p_ttl_seconds bigint, p_expires timestamptz, p_actor text, p_request text)
returns table (created_at timestamptz, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_created timestamptz := ops.now();
    v_expires timestamptz := coalesce(p_expires, now() + make_interval(secs => p_ttl_seconds));
begin
    insert into app.credentials (hash, id, kind, role, org, subject, name, scopes, expires_at, created_at)
    values (p_hash, p_id, p_kind, p_role, p_org, p_subject, p_name, p_scopes, v_expires, v_created);
    perform ops.audit_put(p_org, p_actor, p_kind || '.created', p_id, 1, p_request,
        jsonb_build_object('role', p_role, 'subject', p_subject, 'expires_at', v_expires));
    return query select v_created, v_expires;
end $$;
