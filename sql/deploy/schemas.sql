-- Deploy boxoffice:schemas to pg
-- Schemas, the list of table kinds, the business clock and the epoch.
--
-- In all changes a table's primary key is made after its other indexes: until
-- a table is analysed all indexes that begin with org look equally good to the
-- planner, and it takes the newest.
begin;

create schema meta;     -- what every table is, for the sharding checks
create schema ops;      -- the house's own running: clock, jobs, outbox, audit, idempotency
create schema app;      -- the rooms: access, catalog, orders, payments
create schema ledger;   -- the books

-- Functions that write belong to boxoffice_definer (roles.sql).
grant usage, create on schema ops, app, ledger to boxoffice_definer;

-- kind: org (sharded by organizer), own (sharded by a key of its own),
-- reference (small, on every node), local.
create table meta.kind (
    rel  regclass primary key,
    kind text not null check (kind in ('org', 'own', 'reference', 'local')),
    key  name,
    ord  int  not null
);
insert into meta.kind values ('meta.kind', 'local', null, 0);

-- The business clock: moved forward by test installations only.
create table ops.test_clock (
    one    boolean primary key default true check (one),
    "offset" interval not null default '0' check ("offset" >= '0')
);
insert into ops.test_clock default values;
insert into meta.kind values ('ops.test_clock', 'reference', null, 1);

-- The epoch: renewed after every restore (flows.md). Redis keys carry it.
create table ops.epoch (
    one        boolean primary key default true check (one),
    epoch      uuid    not null default gen_random_uuid(),
    recovering boolean not null default false,
    renewed_at timestamptz not null default now()
);
insert into ops.epoch default values;
insert into meta.kind values ('ops.epoch', 'reference', null, 2);

commit;
