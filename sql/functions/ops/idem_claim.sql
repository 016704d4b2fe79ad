-- ops.idem_claim(p_org, p_principal, p_key, p_method, p_path, p_hash, p_request, p_audience, p_running_ms, p_object, p_run)
--   -> (verdict, object_id, status, answer)
-- Claims an Idempotency-Key inside the effect's own transaction.
-- verdict  fresh   this run makes the effect (p_object, where there is one); rolled back with it
--          replay  answered before: status and sealed answer
--          mine    this very run (p_run) claimed it before and lost the answer to its COMMIT: it goes on
--          open    an earlier run made object_id and is over, its outcome not final; this run goes on
-- Raises BX010 while another run is at it, BX031 when the request differs.
-- A run that dies is given up after p_running_ms of wall clock.
-- Touches ops.idempotency.
create or replace function ops.idem_claim(p_org int, p_principal uuid, p_key text, p_method text, p_path text,
    p_hash bytea, p_request text, p_audience text, p_running_ms bigint, p_object uuid, p_run uuid)
returns table (verdict text, object_id uuid, status int, answer bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_until timestamptz := v_now + make_interval(secs => p_running_ms / 1000.0);
    v_row ops.idempotency;
begin
    insert into ops.idempotency (org, principal, key, method, path, body_hash, request_id, audience, running_until, object_id, run)
    values (p_org, p_principal, p_key, p_method, p_path, p_hash, p_request, p_audience, v_until, p_object, p_run)
    on conflict (org, principal, key) do nothing;
    if found then
        return query select 'fresh', null::uuid, null::int, null::bytea;
        return;
    end if;
    select * into v_row from ops.idempotency i
    where i.org = p_org and i.principal = p_principal and i.key = p_key for update;
    if v_row.method <> p_method or v_row.path <> p_path or v_row.body_hash <> p_hash then
        raise exception using errcode = 'BX031', message = 'this Idempotency-Key was used with another method, path or body';
    elsif v_row.status is not null then
        return query select 'replay', v_row.object_id, v_row.status, v_row.answer;
    elsif v_row.run = p_run then
        return query select 'mine', v_row.object_id, null::int, null::bytea;
    elsif v_row.running_until > v_now then
        raise exception using errcode = 'BX010', message = 'the first request with this key is still running';
    else
        update ops.idempotency set running_until = v_until, run = p_run
        where org = p_org and principal = p_principal and key = p_key;
        return query select 'open', v_row.object_id, null::int, null::bytea;
    end if;
end $$;
