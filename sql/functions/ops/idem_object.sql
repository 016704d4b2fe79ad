-- ops.idem_object(p_org, p_principal, p_key, p_object)
-- What the claimed key's run makes: a later run with the key goes on with it.
create or replace function ops.idem_object(p_org int, p_principal uuid, p_key text, p_object uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.idempotency set object_id = p_object where org = p_org and principal = p_principal and key = p_key;
end $$;
