-- Deploy boxoffice:maturing to pg
-- When an organizer's share of an order may be paid out. A row comes when the
-- event is over, so that a sale writes nothing here.
begin;

create table app.maturities (
    org         int  not null,
    order_id    uuid not null,
    ends_at     timestamptz not null,                -- the event's end from which the dates were made
    matures_at  timestamptz not null,                -- what has matured keeps the day that it had then
    releases_at timestamptz not null,                -- the reserve, likewise
    due_at      timestamptz,                         -- when to look at it next; null: nothing is to be done
    constraint maturities_order foreign key (org, order_id) references app.orders (org, id)
) with (fillfactor = 80);
create index maturities_due on app.maturities (org, due_at) where due_at is not null;
create index maturities_matures on app.maturities (org, matures_at);
create index maturities_releases on app.maturities (org, releases_at);
alter table app.maturities add constraint maturities_pkey primary key (org, order_id);
insert into meta.kind values ('app.maturities', 'org', 'org', 46);

grant select, insert, update on app.maturities to boxoffice_definer;

create index orders_of_event on app.orders (org, event_id, id);

-- How far a job has come that is done in turns; its own words.
alter table ops.jobs add column progress text;
drop function if exists ops.xact_window(int);

-- What is over already.
insert into ops.jobs (org, kind, object_id, due_at, business)
select e.org, 'event_mature', e.id, now(), false from app.events e where e.status = 'completed'
on conflict do nothing;

commit;
