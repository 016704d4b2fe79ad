-- roles.sql - the roles, once per cluster. Runs as a superuser; harmless again.
--
-- boxoffice_owner    deploys and owns tables; LOGIN, because Citus nodes
--                    connect to each other as it
-- boxoffice_definer  owns the functions that write: DML rights, no login
-- the others         what the programs connect as: EXECUTE on functions that
--                    grants.sql names, no right on any table
do $$
declare
    r text;
begin
    foreach r in array array['owner', 'api', 'hook', 'jobs', 'payouts', 'sealer', 'auditor', 'backup'] loop
        if not exists (select from pg_roles where rolname = 'boxoffice_' || r) then
            execute format('create role %I login', 'boxoffice_' || r);
        end if;
    end loop;
    if not exists (select from pg_roles where rolname = 'boxoffice_definer') then
        create role boxoffice_definer nologin;
    end if;
end $$;

grant boxoffice_definer to boxoffice_owner;

-- Limits stand on the role, not in the session: a pooler may share sessions.
alter role boxoffice_api  set statement_timeout = '5s';
alter role boxoffice_hook set statement_timeout = '5s';
alter role boxoffice_jobs set statement_timeout = '60s';
alter role boxoffice_api  set lock_timeout = '3s';
alter role boxoffice_hook set lock_timeout = '3s';
alter role boxoffice_jobs set lock_timeout = '10s';
alter role boxoffice_api  set idle_in_transaction_session_timeout = '10s';
alter role boxoffice_hook set idle_in_transaction_session_timeout = '10s';
alter role boxoffice_jobs set idle_in_transaction_session_timeout = '10s';
-- Every statement of the business is a look-up by key. A plan that was made
-- while a table was tiny must not scan it when it has grown.
alter role boxoffice_api  set enable_seqscan = off;
alter role boxoffice_hook set enable_seqscan = off;
alter role boxoffice_jobs set enable_seqscan = off;
-- Business functions are short; JIT compilation would cost more than they do.
alter role boxoffice_api  set jit = off;
alter role boxoffice_hook set jit = off;
alter role boxoffice_jobs set jit = off;
