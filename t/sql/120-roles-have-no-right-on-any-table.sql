-- Proves that the roles which programs connect as can do nothing to a table
-- but through functions, and that the entries and the audit log can only grow.
-- By the catalogue for every role x table x right, and by really trying.
begin;
select no_plan();
\ir lib/shop.sql
select pg_temp.sending('a');
select pg_temp.settle('payment a', 'succeeded');

create temp view runtime as
    select r as rolname from unnest('{boxoffice_api, boxoffice_hook, boxoffice_jobs, boxoffice_payouts, boxoffice_sealer,
        boxoffice_auditor, boxoffice_backup}'::name[]) r;
create temp view rels as
    select c.oid, c.oid::regclass::text as rel, c.relkind from pg_class c
    where c.relnamespace::regnamespace::text in ('meta', 'ops', 'app', 'ledger') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S');

-- The roles themselves.
select set_eq($$select rolname from pg_roles where rolname like 'boxoffice\_%'$$,
    $$select rolname from runtime union all values ('boxoffice_owner'::name), ('boxoffice_definer')$$, 'these are the roles, and no other');
select is_empty($$select rolname from pg_roles where rolname like 'boxoffice\_%'
    and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)$$, 'none of them has a power of the cluster''s');
select is((select rolcanlogin from pg_roles where rolname = 'boxoffice_definer'), false, 'the role that owns writing functions can''t log in');
select is((select bool_and(rolcanlogin) from pg_roles where rolname like 'boxoffice\_%' and rolname <> 'boxoffice_definer'), true, 'the others can');
select results_eq($$select roleid::regrole::text, member::regrole::text from pg_auth_members
    where roleid::regrole::text like 'boxoffice%' or member::regrole::text like 'boxoffice%'$$,
    $$values ('boxoffice_definer', 'boxoffice_owner')$$, 'only the owner is a member of another, the definer');
select is_empty($$select r.rolname, d.datname from runtime r cross join pg_database d
    where d.datname = current_database() and (has_database_privilege(r.rolname, d.oid, 'create') or has_database_privilege(r.rolname, d.oid, 'temp'))$$,
    'no runtime role may create a schema or a temporary table');
select is_empty($$select r.rolname, n.nspname from runtime r cross join pg_namespace n
    where n.nspname in ('public', 'meta', 'ops', 'app', 'ledger') and has_schema_privilege(r.rolname, n.oid, 'create')$$,
    'no runtime role may create in a schema');
select is_empty($$select c.relname from rels r join pg_class c on c.oid = r.oid where pg_get_userbyid(c.relowner) <> 'boxoffice_owner'$$,
    'the owner owns every table and view');

-- The whole matrix, one test for each role: tables x rights. has_table_privilege
-- counts PUBLIC's rights and those of roles that it is a member of.
select is_empty(format($$
    select r.rel, p from rels r cross join unnest('{select, insert, update, delete, truncate, references, trigger}'::text[]) p
    where r.relkind <> 'S' and has_table_privilege(%1$L, r.oid, p)
    union all select r.rel, p from rels r cross join unnest('{select, insert, update, references}'::text[]) p
    where r.relkind <> 'S' and has_any_column_privilege(%1$L, r.oid, p)
    union all select r.rel, p from rels r cross join unnest('{usage, select, update}'::text[]) p
    where r.relkind = 'S' and has_sequence_privilege(%1$L, r.oid, p)$$, rolname),
    rolname || ' has no right on any of ' || (select count(*) from rels) || ' tables and views') from runtime order by rolname;
select cmp_ok((select count(*) from rels where relkind = 'r'), '>=', 15::bigint, 'and there are tables to ask about');
select is_empty($$select r.rel, a.privilege_type from rels r join pg_class c on c.oid = r.oid cross join aclexplode(c.relacl) a where a.grantee = 0$$,
    'PUBLIC has no right on any');
select is_empty($$select c.oid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join rels on rels.oid = c.oid
    where a.attacl is not null$$,
    'no right is given by column');

-- What the definer may do; nothing else does.
select results_eq($$
    select r.rel collate "C", string_agg(p, ' ' order by p) from rels r cross join unnest('{select, insert, update, delete, truncate, references, trigger}'::text[]) p
    where has_table_privilege('boxoffice_definer', r.oid, p) group by 1 order by 1$$,
    $$values ('app.batch_orders'::text collate "C", 'insert select update'), ('app.batches', 'insert select update'), ('app.credentials', 'insert select update'),
        ('app.discrepancies', 'insert select update'), ('app.dispute_reports', 'insert select update'), ('app.disputes', 'insert select update'),
        ('app.events', 'insert select update'), ('app.evidence', 'delete insert select update'), ('app.guests', 'insert select update'),
        ('app.maturities', 'insert select update'),
        ('app.order_lines', 'insert select'), ('app.orders', 'insert select update'), ('app.organizers', 'insert select update'),
        ('app.payments', 'insert select update'), ('app.promo_buckets', 'insert select update'), ('app.promo_codes', 'insert select update'),
        ('app.promo_guests', 'insert select update'), ('app.promo_uses', 'insert select update'),
        ('app.refund_reports', 'insert select update'), ('app.refunds', 'insert select update'), ('app.risks', 'insert select update'), ('app.terms', 'insert select'), ('app.ticket_buckets', 'insert select update'), ('app.ticket_returns', 'insert select update'), ('app.ticket_scans', 'insert select'),
        ('app.ticket_types', 'insert select update'),
        ('app.tickets', 'insert select update'), ('app.webhook_events', 'insert select update'), ('ledger.checkpoints', 'insert select update'),
        ('ledger.closed_days', 'insert select'), ('ledger.closes', 'insert select'), ('ledger.entries', 'insert select'), ('ledger.horizons', 'insert select update'),
        ('ops.audit', 'insert select'),
        ('ops.epoch', 'insert select update'), ('ops.idempotency', 'insert select update'), ('ops.jobs', 'delete insert select update'),
        ('ops.outbox', 'insert select update'), ('ops.test_clock', 'insert select update')$$,
    'the definer deletes jobs only, and neither changes nor deletes entries, closed days, audit rows and order lines');

-- Really tried. The role is set inside the statement, so that pgTAP is not run as it.
create function pg_temp.as_role(p_role name, p_sql text) returns void language plpgsql as $$
begin
    execute format('set local role %I', p_role);
    execute p_sql;
    reset role;
end $$;
select throws_ok(format('select pg_temp.as_role(%L, %L)', r.rolname, s.sql), '42501', null, r.rolname || ' is refused: ' || s.sql)
from (select rolname from runtime union all values ('boxoffice_definer')) r
cross join (values (1, 'update ledger.entries set amounts = amounts'), (2, 'delete from ledger.entries'), (3, 'truncate ledger.entries'),
    (4, 'update ops.audit set body = body'), (5, 'delete from ops.audit'), (6, 'truncate ops.audit'),
    (7, 'alter table ledger.entries drop constraint entries_balance'), (8, 'drop table ops.audit')) s (n, sql)
order by r.rolname, s.n;
select throws_ok(format('select pg_temp.as_role(%L, %L)', r.rolname, s.sql), '42501', null, r.rolname || ' is refused: ' || s.sql)
from runtime r cross join (values (1, 'select * from app.guests'), (2, 'select * from ledger.postings'), (3, 'insert into ops.jobs default values'),
    (4, 'select app.order_paid(501, null, null, null, null, null, null, null, null)')) s (n, sql)
order by r.rolname, s.n;
select lives_ok($$select pg_temp.as_role('boxoffice_api', 'select * from app.event_get(501, null)')$$, 'while a function granted to it runs');
select lives_ok($$select pg_temp.as_role('boxoffice_definer', 'select * from ledger.entries')$$, 'and a right that is there is seen');
select is((select count(*) from ledger.entries), 1::bigint, 'the entry is still there');
select is((select count(*) from ops.audit where action = 'order.paid'), 1::bigint, 'and its audit row');

select * from finish();
rollback;
