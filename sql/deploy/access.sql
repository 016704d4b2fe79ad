-- Deploy boxoffice:access to pg
-- Credentials by the hash of their secret: the organizer is not known before
-- the row is read, so the table is sharded by that hash.
begin;

create table app.credentials (
    hash       bytea primary key check (length(hash) = 32),
    id         uuid not null,
    kind       text not null check (kind in ('key', 'token')),
    role       text not null check (role in ('admin', 'platform', 'organizer', 'guest')),
    org        int  not null,                        -- 0: the platform's own
    subject    uuid,                                 -- the organizer's or guest's id
    name       text not null,
    scopes     text[],                               -- null: all that the role has
    expires_at timestamptz,                          -- wall clock
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint credentials_subject check ((role in ('admin', 'platform')) = (subject is null)),
    constraint credentials_kind check (kind = 'key' or (role in ('organizer', 'guest') and expires_at is not null)),
    constraint credentials_guest check (role <> 'guest' or kind = 'token')
);
create index credentials_id on app.credentials (id);
insert into meta.kind values ('app.credentials', 'own', 'hash', 20);
grant select, insert, update on app.credentials to boxoffice_definer;

commit;
