-- ops.idem_finish(p_org, p_principal, p_key, p_status, p_answer)
-- The key's final answer, once: a later one changes nothing. p_status null:
-- the run is over without one (outcome unknown, or nothing was sent).
create or replace function ops.idem_finish(p_org int, p_principal uuid, p_key text, p_status int,
    p_answer bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.idempotency
    set running_until = null, status = p_status, answer = p_answer,
        answered_at = case when p_status is null then null else now() end
    where org = p_org and principal = p_principal and key = p_key and status is null;
end $$;
