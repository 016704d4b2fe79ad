-- Deploy boxoffice:cancellations to pg
-- Events that are cancelled or postponed, and the batch that gives back the
-- money of a cancelled one's orders, one after the other.
begin;

alter table app.events
    add column status_reason text,                       -- why it is cancelled or postponed, as guests may be told
    add column dates_stand   boolean not null default true,  -- false: postponed, and no new dates are known
    add column postponed_at  timestamptz,                -- the last time; an order made before may be given back on its guest's word
    add column refunds_until timestamptz,                -- until then
    add constraint events_postponed check ((postponed_at is null) = (refunds_until is null));

create table app.batches (
    org        int  not null,
    id         uuid not null,
    event_id   uuid not null,
    reason     text,
    actor      text not null,
    planned    boolean not null default false,           -- all orders that it found have their row
    paused     boolean not null default false,           -- by an operator
    version    int  not null,
    created_at timestamptz not null,
    ended_at   timestamptz,                              -- nothing was left to do; what comes later opens it again
    constraint batches_event unique (org, event_id),
    constraint batches_of_event foreign key (org, event_id) references app.events (org, id),
    constraint batches_ended check (planned or ended_at is null)
);
alter table app.batches add constraint batches_pkey primary key (org, id);
insert into meta.kind values ('app.batches', 'org', 'org', 56);

create table app.batch_orders (
    org       int  not null,
    batch_id  uuid not null,
    order_id  uuid not null,
    risk      int  not null,                             -- of a dispute (batch_risk): the highest first
    state     text not null check (state in ('waiting', 'made', 'nothing', 'disputed', 'failed')),
    tries     int  not null default 1,                   -- the refund's id follows from batch, order and this
    refund_id uuid,                                      -- of the last try that made one
    detail    text,                                      -- why it failed, in the words of the failure
    tried_at  timestamptz,                               -- wall clock: the rate is counted by it
    constraint batch_orders_batch foreign key (org, batch_id) references app.batches (org, id),
    constraint batch_orders_order foreign key (org, order_id) references app.orders (org, id),
    constraint batch_orders_made check (state <> 'made' or refund_id is not null)
) with (fillfactor = 80);
create index batch_orders_next on app.batch_orders (org, batch_id, risk desc, order_id) where state = 'waiting';
create index batch_orders_tried on app.batch_orders (org, batch_id, tried_at);
create index batch_orders_of_order on app.batch_orders (org, order_id);
alter table app.batch_orders add constraint batch_orders_pkey primary key (org, batch_id, order_id);
insert into meta.kind values ('app.batch_orders', 'org', 'org', 57);

-- What batch_risk asks of guest and card.
create index guests_of_email on app.guests (org, email_normal);
create index payments_of_card on app.payments (org, card_fingerprint) where card_fingerprint is not null;

grant select, insert, update on app.batches, app.batch_orders to boxoffice_definer;

-- Its result changes.
drop function if exists app.refund_facts(int, uuid);

commit;
