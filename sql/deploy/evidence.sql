-- Deploy boxoffice:evidence to pg
-- What answers a dispute: texts and files that were given, and the pack that
-- was made of what the system knows when it was submitted.
begin;

create table app.evidence (
    org        int  not null,
    id         uuid not null,
    dispute_id uuid not null,
    kind       text not null check (kind in ('text', 'file', 'pack')),
    fields     text[] not null,                          -- what it is given for; those that a later one gave are gone
    media_type text not null,
    size       bigint not null check (size > 0),         -- of what was given, as its hash is
    sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    body       bytea not null,                           -- sealed by the program, its name with it (base/keyring.h)
    gateway_file text,                                   -- what the gateway calls it, once it is there
    created_at timestamptz not null,
    constraint evidence_dispute foreign key (org, dispute_id) references app.disputes (org, id),
    constraint evidence_fields check ((cardinality(fields) = 0) = (kind = 'pack'))
);
alter table app.evidence alter column body set storage external;        -- sealed bytes don't get smaller
create index evidence_of_dispute on app.evidence (org, dispute_id);
create unique index evidence_one_pack on app.evidence (org, dispute_id) where kind = 'pack';
alter table app.evidence add constraint evidence_pkey primary key (org, id);
insert into meta.kind values ('app.evidence', 'org', 'org', 52);

-- What was given in another's place is deleted: it may name a guest.
grant select, insert, update, delete on app.evidence to boxoffice_definer;

-- Its result changes.
drop function if exists ops.sealed_by();

commit;
