-- Deploy boxoffice:refunds to pg
-- Refunds of orders. Accepting one moves the money in the books and takes its
-- tickets; attempts (app.payments of kind refund) then carry it to the gateway.
begin;

create table app.refunds (
    org        int  not null,
    id         uuid not null,
    order_id   uuid not null,
    status     text not null check (status in ('pending', 'succeeded', 'failed')),
    amount     bigint not null check (amount >= 0),
    currency   text not null,
    fees_back  boolean not null,                         -- the guest's fee with it, and the organizer's absorbed one
    list bigint not null, discount bigint not null, net bigint not null, guest_fee bigint not null, tax bigint not null,
    share bigint not null, absorbed_fee bigint not null, -- absorbed_fee: what leaves the order, given back or not
    own_pending bigint not null, own_reserve bigint not null, own_available bigint not null,    -- what the organizer gave, and from where
    by_ticket  boolean not null,                         -- its tickets were named: they stay out of use whatever else fails
    ticket_ids uuid[] not null,                          -- that stopped being valid with it
    reason     text,
    actor      text not null,
    version    int not null,
    created_at timestamptz not null,
    ended_at   timestamptz,
    constraint refunds_order foreign key (org, order_id) references app.orders (org, id),
    constraint refunds_amount check (amount = net + guest_fee + tax and list = net + discount),
    constraint refunds_signs check (least(list, discount, net, guest_fee, tax, share, absorbed_fee, own_pending, own_reserve, own_available) >= 0),
    constraint refunds_ended check ((ended_at is null) = (status = 'pending'))
);
create index refunds_newest on app.refunds (org, created_at desc, id desc);
create index refunds_of_order on app.refunds (org, order_id);
alter table app.refunds add constraint refunds_pkey primary key (org, id);
insert into meta.kind values ('app.refunds', 'org', 'org', 47);

-- What a refund (or dispute) took from each ticket. A ticket holds its parts
-- less those of its live rows.
create table app.ticket_returns (
    org       int  not null,
    object_id uuid not null,
    ticket_id uuid not null,
    order_id  uuid not null,
    live      boolean not null,                          -- false: the refund failed, the dispute was won
    net bigint not null, guest_fee bigint not null, tax bigint not null, tax_on_fee bigint not null,
    organizer_promo bigint not null, platform_promo bigint not null, absorbed_fee bigint not null,
    constraint ticket_returns_ticket foreign key (org, ticket_id) references app.tickets (org, id),
    constraint ticket_returns_signs check (least(net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee) >= 0)
);
create index ticket_returns_of_order on app.ticket_returns (org, order_id);
alter table app.ticket_returns add constraint ticket_returns_pkey primary key (org, object_id, ticket_id);
insert into meta.kind values ('app.ticket_returns', 'org', 'org', 48);

alter table app.tickets add column used_at timestamptz;  -- when it was let in; a failed refund makes it used again

alter table app.payments add column refund_id uuid;      -- of an order's refund; one that gives back an unplaced capture has none
alter table app.payments add constraint payments_refund_kind check (kind = 'refund' or refund_id is null);
create index payments_of_refund on app.payments (org, refund_id) where refund_id is not null;
create unique index payments_one_try on app.payments (org, refund_id)
    where refund_id is not null and state in ('sending', 'unknown', 'succeeded');

grant select, insert, update on app.refunds, app.ticket_returns to boxoffice_definer;

-- Their results or parameters change.
drop function if exists app.payment_get(int, uuid);
drop function if exists app.promo_give(int, uuid);

commit;
