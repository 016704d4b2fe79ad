-- Deploy boxoffice:webhooks to pg
-- What gateways tell us by themselves, unique for ever by (gateway, event).
-- Whose organizer it is about is not known before the payload is read, so the
-- table has a key of its own, and its row is its own job.
begin;

create table app.webhook_events (
    event_id   text not null check (length(event_id) between 1 and 255),
    gateway    text not null,
    type       text not null,
    payload    bytea not null,                       -- sealed by the program: key id, nonce, ciphertext, tag (base/keyring.h)
    recovered  boolean not null,                     -- it never arrived: taken from the gateway's own list
    state      text not null default 'received' check (state in ('received', 'applied', 'ignored', 'buried')),
    note       text,                                 -- what came of it, or why it failed
    attempts   int  not null default 0,
    due_at     timestamptz not null,                 -- wall clock, as all times here
    leased_until timestamptz,
    lease      uuid,
    settled_at timestamptz,
    received_at timestamptz not null
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
create index webhook_events_due on app.webhook_events (due_at) where state = 'received';
create index webhook_events_newest on app.webhook_events (received_at desc, event_id);
alter table app.webhook_events add constraint webhook_events_pkey primary key (event_id, gateway);
insert into meta.kind values ('app.webhook_events', 'own', 'event_id', 60);

-- This installation, for ever: gateways keep it beside each charge, so that a
-- charge whose record was lost is known for ours and nobody else's.
alter table ops.epoch add column house uuid not null default gen_random_uuid();
drop function if exists ops.epoch_get();
drop function if exists ops.recovery_end();

grant select, insert, update on app.webhook_events to boxoffice_definer;

commit;
