-- ops.idem_get(p_org, p_principal, p_key) -> the key's row, for whoever must write its answer later
create or replace function ops.idem_get(p_org int, p_principal uuid, p_key text)
returns table (method text, path text, audience text, request_id text, status int, answer bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query select i.method, i.path, i.audience, i.request_id, i.status, i.answer from ops.idempotency i
    where i.org = p_org and i.principal = p_principal and i.key = p_key;
end $$;
