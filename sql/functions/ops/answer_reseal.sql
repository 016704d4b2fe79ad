-- ops.answer_reseal(p_org, p_principal, p_key, p_old, p_new)
-- The same answer under another sealing key.
create or replace function ops.answer_reseal(p_org int, p_principal uuid, p_key text, p_old bytea, p_new bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.idempotency set answer = p_new
    where org = p_org and principal = p_principal and key = p_key and answer = p_old;
end $$;
