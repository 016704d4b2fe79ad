-- Deploy boxoffice:operations to pg
-- Jobs, outbox, audit log and idempotency keys: what every writing use case
-- touches in its own transaction.
begin;

-- The node that wrote a row: transaction ids mean something only beside it.
-- plpgsql keeps its plan; language sql would plan it anew for every row.
create function ops.node_id() returns bigint
language plpgsql stable parallel safe
as $$
begin
    return (select c.system_identifier from pg_control_system() c);
end $$;

-- Work to be done later. One row per (kind, object): asking twice is asking once.
create table ops.jobs (
    org          int  not null,
    kind         text not null,
    object_id    uuid not null,
    due_at       timestamptz not null,
    business     boolean not null default false,    -- due by the business clock, else by the wall's
    attempts     int  not null default 0,
    bury_after   int  not null default 20,
    leased_until timestamptz,                        -- wall clock
    lease        uuid,                               -- who holds it: a late worker can't finish another's
    buried_at    timestamptz,
    last_error   text,
    request_id   text,
    created_at   timestamptz not null default now()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
create index jobs_due on ops.jobs (due_at) where buried_at is null;
alter table ops.jobs add constraint jobs_pkey primary key (org, kind, object_id);
insert into meta.kind values ('ops.jobs', 'org', 'org', 10);

-- What must reach somebody. Key: type/object/version. Ids only, no personal data.
create table ops.outbox (
    org        int  not null,
    type       text not null,
    object_id  uuid not null,
    version    int  not null,
    body       text not null,                        -- canonical JSON
    xid        xid8 not null default pg_current_xact_id(),
    node       bigint not null default ops.node_id(),
    created_at timestamptz not null,
    sent_at    timestamptz
);
create index outbox_due on ops.outbox (org, created_at) where sent_at is null;
alter table ops.outbox add constraint outbox_pkey primary key (org, type, object_id, version);
insert into meta.kind values ('ops.outbox', 'org', 'org', 11);

-- Who did what. Append-only; a sealer will number and chain rows by (xid, node).
create table ops.audit (
    org        int  not null,
    id         uuid not null default gen_random_uuid(),
    xid        xid8 not null default pg_current_xact_id(),
    node       bigint not null default ops.node_id(),
    actor      text not null,
    action     text not null,
    object_id  uuid not null,
    version    int,
    request_id text,
    body       text not null,                        -- canonical JSON
    recorded_at timestamptz not null
);
create index audit_object on ops.audit (org, object_id);
alter table ops.audit add constraint audit_pkey primary key (org, id);
insert into meta.kind values ('ops.audit', 'org', 'org', 12);

-- One row per key, for ever. org and principal are the caller's: 0 and the nil
-- uuid for the platform. The stored answer is sealed by the program.
create table ops.idempotency (
    org           int  not null,
    principal     uuid not null,
    key           text not null check (length(key) between 1 and 255),
    method        text not null,
    path          text not null,
    body_hash     bytea not null,
    audience      text not null check (audience in ('server', 'browser')),
    request_id    text not null,
    object_id     uuid,                              -- what the first run made
    run           uuid not null,                     -- the run that is at it, or was last
    running_until timestamptz,                       -- wall clock; null: nobody is at it
    status        int,
    answer        bytea,
    answered_at   timestamptz,
    created_at    timestamptz not null default now(),
    constraint idempotency_answered check ((status is null) = (answered_at is null) and (status is null) = (answer is null))
);
alter table ops.idempotency add constraint idempotency_pkey primary key (org, principal, key);
insert into meta.kind values ('ops.idempotency', 'org', 'org', 13);

grant select, insert, update, delete on ops.jobs to boxoffice_definer;
grant select, insert, update on ops.outbox, ops.idempotency, ops.epoch, ops.test_clock to boxoffice_definer;
grant select, insert on ops.audit to boxoffice_definer;

commit;
