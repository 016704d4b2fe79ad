-- Deploy boxoffice:terms to pg
-- The text of an organizer's terms of sale. An order's policy names the one in
-- force by its hash, and a text that was ever in force is kept: years later
-- the buyer's bank may ask what was agreed.
begin;

create table app.terms (
    org        int  not null,
    sha256     text not null,                        -- of the UTF-8 text, in hexadecimal
    body       text not null,
    created_at timestamptz not null,
    constraint terms_hash check (sha256 ~ '^[0-9a-f]{64}$')
);
alter table app.terms add constraint terms_pkey primary key (org, sha256);
insert into meta.kind values ('app.terms', 'org', 'org', 37);

alter table app.organizers add column terms text, add column terms_sha256 text;
alter table app.organizers add constraint organizers_terms check ((terms is null) = (terms_sha256 is null));

grant select, insert on app.terms to boxoffice_definer;

-- Its result changes.
drop function if exists app.order_snapshot(int, uuid, uuid[]);

commit;
