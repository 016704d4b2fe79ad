-- Proves that nothing in the schema or its functions stands in the way of
-- sharding by organizer with Citus, where most such faults are silent. By
-- catalogue queries that must find nothing in the product's schemas, and must
-- find each of a set of bad objects planted for them.
begin;
select no_plan();

create temp view sharded as
    select k.rel, k.kind, a.attnum from meta.kind k join pg_attribute a on a.attrelid = k.rel and a.attname = k.key
    where k.kind in ('org', 'own');

create function pg_temp.ours(oid) returns boolean language sql stable as
    $$ select $1::regnamespace::text in ('meta', 'ops', 'app', 'ledger') $$;

-- Functions that write reference tables, which every node has: the clock of
-- test installations and the epoch after a restore; and those that update a
-- set of keys by `any`, which goes to every shard. They have no key to be sent
-- by and run on the coordinator.
create temp table keyless (f regprocedure);
insert into keyless values ('ops.clock_advance(bigint)'), ('ops.epoch_renew(boolean)'), ('ops.recovery_end(text,uuid)'), ('ledger.close_day(date,text,bigint)'),
    ('app.webhooks_claim(text[],text[],bigint,uuid,int)'), ('app.webhooks_done(text[],text[],uuid,text[],text[])');

create temp table checks (name text primary key, says text, query text);
insert into checks values
('J1', 'every table is classified in meta.kind', $$
    select c.oid::regclass::text from pg_class c
    where pg_temp.ours(c.relnamespace) and c.relkind in ('r', 'p', 'f') and not c.relispartition
      and c.oid not in (select rel from meta.kind) $$),
('J1 key', 'every sharded table has a key column that exists', $$
    select k.rel::text from meta.kind k where k.kind in ('org', 'own') and k.rel not in (select rel from sharded)
    union all select k.rel::text from meta.kind k where k.kind = 'org' and k.key <> 'org' $$),
('J2', 'the key column is plain: not null, no default, not generated, no domain, int where it is org', $$
    select s.rel::text from sharded s join pg_attribute a on a.attrelid = s.rel and a.attnum = s.attnum join pg_type t on t.oid = a.atttypid
    where not a.attnotnull or a.atthasdef or a.attidentity <> '' or t.typtype <> 'b' or (s.kind = 'org' and a.atttypid <> 'int4'::regtype) $$),
('J3', 'the key is in every primary key, unique and exclusion index', $$
    select s.rel || ' has no primary key' from sharded s where not exists (select from pg_index i where i.indrelid = s.rel and i.indisprimary)
    union all select i.indexrelid::regclass::text from sharded s join pg_index i on i.indrelid = s.rel
    where (i.indisunique or i.indisexclusion) and not s.attnum = any ((i.indkey::int2[])[0 : i.indnkeyatts - 1]) $$),
('J3 first', 'and first in those of tables sharded by org', $$
    select i.indexrelid::regclass::text from sharded s join pg_index i on i.indrelid = s.rel
    where s.kind = 'org' and i.indisunique and i.indkey[0] <> s.attnum $$),
('J4', 'foreign keys carry the key at the same place, or go to reference tables, and never null or cascade it', $$
    select c.conname::text from pg_constraint c left join meta.kind a on a.rel = c.conrelid left join meta.kind b on b.rel = c.confrelid
        left join sharded x on x.rel = c.conrelid left join sharded y on y.rel = c.confrelid
    where c.contype = 'f' and (a.rel is not null or b.rel is not null) and not coalesce(b.kind = 'reference' or (a.kind = 'local' and b.kind = 'local')
        or (a.kind = b.kind and a.kind in ('org', 'own') and (a.kind = 'org' or a.rel = b.rel)
            and array_position(c.conkey, x.attnum) = array_position(c.confkey, y.attnum)
            and c.confdeltype in ('a', 'r', 'c') and c.confupdtype in ('a', 'r')), false) $$),
('J5', 'nothing deferrable, no trigger, rule, inheritance, unlogged table, row security, sequence or materialized view', $$
    select conname::text from pg_constraint where condeferrable and conrelid in (select rel from meta.kind)
    union all select tgname::text from pg_trigger where not tgisinternal and tgrelid in (select rel from meta.kind where kind <> 'local')
    union all select rulename::text from pg_rewrite where ev_class in (select rel from meta.kind)
    union all select c.relname::text from pg_class c where c.oid in (select rel from meta.kind) and (c.relpersistence <> 'p' or c.relrowsecurity
        or (not c.relispartition and exists (select from pg_inherits i where i.inhrelid = c.oid)))
    union all select c.relname::text from pg_class c where c.relkind in ('S', 'm') and pg_temp.ours(c.relnamespace) $$),
-- Built-in functions are not in pg_depend, hence the words.
('J6', 'CHECKs and generated columns call immutable functions only', $$
    with e (rel, what, src, cls, oid) as (
        select conrelid, conname::text, pg_get_constraintdef(oid), 'pg_constraint'::regclass, oid from pg_constraint where contype = 'c'
        union all select d.adrelid, a.attname::text, pg_get_expr(d.adbin, d.adrelid), 'pg_attrdef'::regclass, d.oid
        from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated <> '')
    select e.what from e join meta.kind k on k.rel = e.rel
    where e.src ~* '\m(now|clock_timestamp|random|gen_random_uuid|current_\w+|pg_current_\w+)\M'
       or exists (select from pg_depend d join pg_proc p on p.oid = d.refobjid
            where d.classid = e.cls and d.objid = e.oid and d.refclassid = 'pg_proc'::regclass and p.provolatile <> 'i') $$),
('J7', 'functions of constraints and defaults, and all in language sql, name no sharded table', $$
    select p.oid::regprocedure::text from pg_proc p
    where pg_temp.ours(p.pronamespace) and (p.prolang = (select oid from pg_language where lanname = 'sql')
            or exists (select from pg_depend d where d.refobjid = p.oid and d.refclassid = 'pg_proc'::regclass
                and d.classid in ('pg_constraint'::regclass, 'pg_attrdef'::regclass)))
      and exists (select from meta.kind k join pg_class c on c.oid = k.rel
            where k.kind <> 'reference' and coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '')
                ~* ('\m(from|join|into|update)\s+(only\s+)?(\w+\.)?' || c.relname || '\M')) $$),
('J8', 'names of tables, indexes and constraints have at most 50 characters', $$
    select relname::text from pg_class where relkind in ('r', 'p', 'i') and pg_temp.ours(relnamespace) and length(relname) > 50
    union all select conname::text from pg_constraint where conrelid in (select rel from meta.kind) and length(conname) > 50 $$),
('J9', 'definer functions: plpgsql, pinned path, nothing for PUBLIC; those that write: no-login owner, a key as first argument', $$
    select p.oid::regprocedure::text from pg_proc p join pg_roles o on o.oid = p.proowner
    where p.prosecdef and pg_temp.ours(p.pronamespace) and (p.prolang <> (select oid from pg_language where lanname = 'plpgsql')
        or not exists (select from unnest(p.proconfig) x where x like 'search_path=%')
        or exists (select from unnest(p.proconfig) x where x like 'plan_cache_mode=%')
        or exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0)
        or coalesce(pg_get_expr(p.proargdefaults, 0), '') ~ '\m(clock_timestamp|random|gen_random_uuid|nextval)\M'
        or (p.provolatile = 'v' and p.oid not in (select f from keyless)
            and (o.rolcanlogin or not coalesce(p.proargnames[1] = 'p_org' and p.proargtypes[0] = 'int4'::regtype
                or p.proargnames[1] = 'p_hash' and p.proargtypes[0] = 'bytea'::regtype
                or p.proargnames[1] = 'p_event_id' and p.proargtypes[0] = 'text'::regtype, false)))) $$),
('J9 definer', 'a function that touches tables is a definer function, and what is not one is ops.node_id or ledger.is_balanced', $$
    select p.oid::regprocedure::text from pg_proc p
    where pg_temp.ours(p.pronamespace) and not p.prosecdef
      and p.oid::regprocedure::text not in ('ops.node_id()', 'ledger.is_balanced(text[],bigint[])') $$),
('J10', 'functions use no word that does not travel to shards', $$
    select p.oid::regprocedure || ': ' || m[1] from pg_proc p, lateral regexp_matches(p.prosrc,
        '\m(truncate|lock\s+table|notify|pg_notify|current_setting|set_config|nextval|merge\s+into|where\s+current\s+of|'
        'pg_(try_)?advisory\w*|create\s+(unlogged\s+)?table|copy)\M', 'gi') m
    where pg_temp.ours(p.pronamespace) $$),
-- Coarse: a statement is what stands between semicolons.
('J11', 'each statement of a writing function has the key, and only immutable functions in UPDATE and DELETE', $$
    select p.oid::regprocedure || ': ' || s from pg_proc p, lateral regexp_split_to_table(replace(p.prosrc, 'from pg_timezone_names', ''), ';') s
    where p.prosecdef and p.provolatile = 'v' and pg_temp.ours(p.pronamespace) and p.oid not in (select f from keyless) and (
        (p.proargnames[1] = 'p_org' and s ~* '\m(update|delete|insert|select)\M.*\m(set|from|into)\M' and s !~ '\mp_org\M'
            -- a whole row whose key was set from p_org just before
            and not (s ~ '^\s*insert into app\.\w+ values \(v_new\.\*\)$' and p.prosrc ~ 'v_new\.org := p_org;'))
        or (p.proargnames[1] = 'p_hash' and s ~* '\m(update|delete|insert|select)\M.*\m(set|from|into)\M' and s !~ '\mp_hash\M')
        or (p.proargnames[1] = 'p_event_id' and s ~* '\m(update|delete|insert|select)\M.*\m(set|from|into)\M' and s !~ '\mp_event_id\M')
        or (s ~* '\m(update|delete\s+from)\M' and s ~* '\m(clock_timestamp|random|gen_random_uuid)\M')
        or s ~* '\mdo\s+update\s+set\M.*\m(now|clock|interval|random|gen_random_uuid)\M'
        or s ~* '\m(update\s+\S+(\s+\w+)?\s+set|delete\s+from)\M.*\m(interval|extract|date_trunc|concat|format|to_char|to_jsonb|jsonb_build\w*)\M') $$),
('J11 key', 'FOR UPDATE and FOR SHARE stand only beside org = p_org, or the key of a table that has its own', $$
    select p.oid::regprocedure || ': ' || s from pg_proc p, lateral regexp_split_to_table(p.prosrc, ';') s
    where pg_temp.ours(p.pronamespace) and s ~* '\mfor\s+(no\s+key\s+update|update|key\s+share|share)\M' and s !~ '\m(org = p_org|event_id = p_event_id)\M' $$),
('J12', 'no program role reads a view whose tables it may not read', $$
    select v.relname || ' ' || r.rolname from pg_class v join pg_rewrite w on w.ev_class = v.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid
    cross join pg_roles r
    where v.relkind = 'v' and pg_temp.ours(v.relnamespace) and r.rolname like 'boxoffice\_%' and not r.rolsuper
      and has_table_privilege(r.oid, v.oid, 'select') and not has_table_privilege(r.oid, d.refobjid, 'select') $$);

select is_empty(query, name || ': ' || says) from checks order by length(substring(name from 'J\d+')), name;

-- Makes a bad object, runs one check, and undoes the object.
create function pg_temp.found(p_check text, p_bad text) returns text language plpgsql as $$
declare
    v_found text[];
begin
    begin
        execute p_bad;
        execute 'select array_agg(q::text) from (' || (select query from checks where name = p_check) || ') q (q)' into v_found;
        raise exception using errcode = 'UNDO1';
    exception when sqlstate 'UNDO1' then
        return coalesce(array_to_string(v_found, ' | '), 'nothing');
    end;
end $$;

create temp table planted (ord int generated always as identity, name text, bad text, expect text);
insert into planted (name, bad, expect) values
('J1', 'create table app.bad (org int primary key)', 'app\.bad'),
('J1', 'create table ledger.bad (org int, at date, primary key (org, at)) partition by range (at)', 'ledger\.bad'),
('J1 key', $$create table app.bad (tenant int primary key); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'app\.bad'),
('J1 key', $$create table app.bad (tenant int primary key); insert into meta.kind values ('app.bad', 'org', 'tenant', 99)$$, 'app\.bad'),
('J2', 'alter table app.orders alter org set default 1', 'app\.orders'),
('J2', $$create table app.bad (org bigint primary key); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'app\.bad'),
('J2', $$create domain app.tenant int; create table app.bad (org app.tenant primary key); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'app\.bad'),
('J2', $$create table app.bad (org int, n int); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'app\.bad'),
('J3', $$create table app.bad (org int not null, n int); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'app\.bad has no primary key'),
('J3', 'create unique index bad on app.tickets (code)', 'bad'),
('J3', 'create unique index bad on app.tickets (code) include (org)', 'bad'),
('J3', $$create unique index bad on app.payments (order_id) where state = 'sending'$$, 'bad'),
('J3', 'create unique index bad on app.credentials (id)', 'bad'),
('J3 first', 'create unique index bad on app.tickets (code, org)', 'bad'),
('J4', 'alter table app.tickets add constraint bad foreign key (org, type_id) references app.ticket_types on delete set null', 'bad'),
('J4', 'alter table app.tickets add constraint bad foreign key (org, type_id) references app.ticket_types on update cascade', 'bad'),
('J4', 'create unique index bad_id on app.orders (id, org); alter table app.tickets add constraint bad foreign key (order_id, org) references app.orders (id, org)',
    null),
('J4', 'alter table app.orders add unique (id); alter table app.tickets add constraint bad foreign key (order_id) references app.orders (id)', 'bad'),
('J4', 'alter table app.credentials add constraint bad foreign key (org) references app.organizers', 'bad'),
('J4', 'alter table app.orders add clock boolean; alter table app.orders add constraint bad foreign key (clock) references ops.test_clock', null),
('J4', 'alter table ops.test_clock add org int; alter table ops.test_clock add constraint bad foreign key (org) references app.organizers', 'bad'),
('J5', 'alter table app.tickets add constraint bad unique (org, code, id) deferrable', 'bad'),
('J5', $$create function app.t() returns trigger language plpgsql as 'begin return new; end';
    create trigger bad before insert on app.orders for each row execute function app.t()$$, 'bad'),
('J5', 'create rule bad as on delete to app.orders do instead nothing', 'bad'),
('J5', $$create table app.bad () inherits (app.orders); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'bad'),
('J5', $$create unlogged table app.bad (org int primary key); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'bad'),
('J5', 'alter table app.orders enable row level security', 'orders'),
('J5', 'create sequence ops.bad', 'bad'),
('J5', $$create table app.bad (org int primary key, n int generated always as identity); insert into meta.kind values ('app.bad', 'org', 'org', 99)$$, 'bad_n_seq'),
('J5', 'create materialized view app.bad as select 1', 'bad'),
('J6', 'alter table app.orders add constraint bad check (created_at < now())', 'bad'),
('J6', $$create function app.v(int) returns boolean language plpgsql stable as 'begin return true; end';
    alter table app.orders add constraint bad check (app.v(org))$$, 'bad'),
('J7', $$create function app.bad() returns bigint language sql as 'select count(*) from app.orders'$$, 'app\.bad'),
('J7', $$create function app.bad() returns bigint language sql begin atomic select count(*) from app.orders; end$$, 'app\.bad'),
('J7', $$create function app.bad() returns int language plpgsql as 'begin return (select max(version) from app.orders); end';
    alter table app.orders alter version set default app.bad()$$, 'app\.bad'),
('J8', format('create index %I on app.orders (org, version)', repeat('b', 51)), 'bbb'),
('J8', format('alter table app.orders add constraint %I check (version > 0)', repeat('b', 51)), 'bbb'),
('J9', $$create function app.bad(p_org int) returns int language sql security definer set search_path = pg_catalog as 'select 1'; revoke all on function app.bad
    from public$$, 'app\.bad'),
('J9', $$create function app.bad(p_org int) returns int language plpgsql security definer as 'begin return 1; end'; revoke all on function app.bad from public;
    alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_org int) returns int language plpgsql security definer set search_path = pg_catalog set plan_cache_mode = force_generic_plan
    as 'begin return 1; end'; revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_org int) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_org int) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.bad from public; alter function app.bad owner to boxoffice_owner$$, 'app\.bad'),
('J9', $$create function app.bad(p_id uuid) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_org bigint) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_org int, p_id uuid default gen_random_uuid()) returns int language plpgsql security definer set search_path = pg_catalog
    as 'begin return 1; end'; revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_event_id uuid) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.bad(p_gateway text, p_event_id text) returns int language plpgsql security definer set search_path = pg_catalog
    as 'begin return 1; end'; revoke all on function app.bad from public; alter function app.bad owner to boxoffice_definer$$, 'app\.bad'),
('J9', $$create function app.good(p_event_id text) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.good from public; alter function app.good owner to boxoffice_definer$$, null),
('J9', $$create function app.good(p_org int) returns int language plpgsql security definer set search_path = pg_catalog as 'begin return 1; end';
    revoke all on function app.good from public; alter function app.good owner to boxoffice_definer$$, null),
('J9 definer', $$create function app.bad(p_org int) returns bigint language plpgsql as 'begin return (select count(*) from app.orders where org = p_org); end'$$,
    'app\.bad'),
('J10', $$create function app.bad() returns void language plpgsql as 'begin perform pg_advisory_xact_lock(1); end'$$, 'app\.bad.*advisory'),
('J10', $$create function app.bad() returns void language plpgsql as 'begin notify work; end'$$, 'app\.bad.*notify'),
('J10', $$create function app.bad() returns void language plpgsql as 'begin perform current_setting(''app.org''); end'$$, 'app\.bad.*current_setting'),
('J10', $$create function app.bad() returns void language plpgsql as 'begin lock table app.orders; truncate app.tickets; end'$$, 'app\.bad.*lock table.*truncate'),
('J11', $$create function app.bad(p_org int, p_id uuid) returns void language plpgsql security definer
    as 'begin update app.orders set version = 2 where id = p_id; end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_hash bytea, p_id uuid) returns void language plpgsql security definer
    as 'begin update app.credentials set revoked_at = now() where id = p_id; end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_event_id text, p_gateway text) returns void language plpgsql security definer
    as 'begin update app.webhook_events set attempts = 0 where gateway = p_gateway; end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_event_id text, p_delay interval) returns void language plpgsql security definer
    as 'begin update app.webhook_events set due_at = clock_timestamp() where event_id = p_event_id; end'$$, 'app\.bad'),
('J11', $$create function app.good(p_event_id text) returns void language plpgsql security definer
    as 'begin update app.webhook_events set attempts = 0 where event_id = p_event_id; end'$$, null),
('J11', $$create function app.bad(p_org int) returns void language plpgsql security definer
    as 'begin update app.orders set expires_at = clock_timestamp() where org = p_org; end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_org int) returns void language plpgsql security definer
    as 'begin update app.orders set expires_at = expires_at + interval ''1 min'' where org = p_org; end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_org int) returns void language plpgsql security definer
    as 'begin insert into ops.jobs values (p_org) on conflict (org) do update set due_at = now(); end'$$, 'app\.bad'),
('J11', $$create function app.bad(p_org int) returns void language plpgsql security definer
    as 'declare v_new app.orders; begin insert into app.orders values (v_new.*); end'$$, 'app\.bad'),
('J11 key', $$create function app.bad() returns void language plpgsql as 'begin perform 1 from ops.jobs for update skip locked; end'$$, 'app\.bad'),
('J11 key', $$create function app.bad(p_event_id text, p_gateway text) returns void language plpgsql
    as 'begin perform 1 from app.webhook_events where gateway = p_gateway for update; end'$$, 'app\.bad'),
('J11 key', $$create function app.good(p_event_id text) returns void language plpgsql
    as 'begin perform 1 from app.webhook_events w where w.event_id = p_event_id for update skip locked; end'$$, null),
('J12', 'grant select on ledger.postings to boxoffice_auditor', 'postings boxoffice_auditor');

select case when p.expect is null then is(pg_temp.found(p.name, p.bad), 'nothing', p.name || ' lets pass: ' || left(p.bad, 90))
    else matches(pg_temp.found(p.name, p.bad), p.expect, p.name || ' finds: ' || left(p.bad, 90)) end
from planted p order by p.ord;

select * from finish();
rollback;
