-- Deploy boxoffice:balances to pg
-- Balances that are read without counting all entries, and days that are
-- closed. A sale writes none of it: it adds an entry, and a fold takes entries
-- into the checkpoint later (functions/ledger/fold.sql).
begin;

-- What the entries behind the horizons sum to, by organizer and currency.
create table ledger.checkpoints (
    org       int  not null,
    currency  text not null,
    accounts  text[]   not null,
    amounts   bigint[] not null,
    folded_at timestamptz not null
) with (fillfactor = 50);
alter table ledger.checkpoints add constraint checkpoints_pkey primary key (org, currency);
insert into meta.kind values ('ledger.checkpoints', 'org', 'org', 51);

-- Which entries those are: of each node, those of transactions before this one.
-- Transaction ids mean something only on their node: another's (moved here, or
-- restored from elsewhere) have a horizon of their own.
create table ledger.horizons (
    org  int    not null,
    node bigint not null,
    xid  xid8   not null
) with (fillfactor = 50);
alter table ledger.horizons add constraint horizons_pkey primary key (org, node);
insert into meta.kind values ('ledger.horizons', 'org', 'org', 52);

-- What an organizer's accounts stood at when a day ended, in each currency
-- that it has; a row for the days on which it had an entry.
create table ledger.closes (
    org       int  not null,
    day       date not null,                         -- of recorded_at, UTC
    currency  text not null,
    accounts  text[]   not null,
    amounts   bigint[] not null,
    entries   bigint not null check (entries >= 0),  -- since the row before
    closed_by text not null,
    closed_at timestamptz not null
);
alter table ledger.closes add constraint closes_pkey primary key (org, day, currency);
insert into meta.kind values ('ledger.closes', 'org', 'org', 53);

-- The house's closed days, without gaps from the first on. Nothing is recorded
-- in them any more (functions/ledger/close_ask.sql says why).
create table ledger.closed_days (
    day       date primary key,
    entries   bigint not null check (entries >= 0),
    closed_by text not null check (length(closed_by) between 1 and 200),
    closed_at timestamptz not null
);
insert into meta.kind values ('ledger.closed_days', 'reference', null, 54);

-- The tail. By node first, so that a node without a horizon is found by a look
-- into the index. The primary key is made anew: it must stay the newest (schemas).
create index entries_tail on ledger.entries (org, node, xid);
alter table ledger.entries drop constraint entries_pkey;
alter table ledger.entries add constraint entries_pkey primary key (org, id);

grant select, insert, update on ledger.checkpoints, ledger.horizons to boxoffice_definer;
grant select, insert on ledger.closes, ledger.closed_days to boxoffice_definer;

commit;
