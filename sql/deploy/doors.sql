-- Deploy boxoffice:doors to pg
-- Tickets at the door: what each scan was answered is kept, because years
-- later a guest's bank may ask whether anybody came.
begin;

create table app.ticket_scans (
    org        int  not null,
    id         uuid not null,
    ticket_id  uuid not null,
    order_id   uuid not null,
    status     text not null check (status in ('valid', 'used', 'refunded', 'void', 'disputed', 'wrong_event', 'event_cancelled', 'event_postponed')),
    event_id   uuid,                                 -- whose door it was, where it was said
    gate       text,
    device     text,
    signed     boolean not null,                     -- it showed its signed code
    actor      text not null,
    request_id text,
    scanned_at timestamptz not null,
    constraint ticket_scans_ticket foreign key (org, ticket_id) references app.tickets (org, id)
);
create index ticket_scans_of_order on app.ticket_scans (org, order_id, scanned_at);
-- The database itself lets nobody in twice.
create unique index ticket_scans_first on app.ticket_scans (org, ticket_id) where status = 'valid';
alter table app.ticket_scans add constraint ticket_scans_pkey primary key (org, id);
insert into meta.kind values ('app.ticket_scans', 'org', 'org', 60);

grant select, insert on app.ticket_scans to boxoffice_definer;

commit;
