-- Deploy boxoffice:orders to pg
-- Guests (the one table with personal data), orders, their lines, payment
-- attempts and issued tickets.
begin;

create table app.guests (
    org        int  not null,
    id         uuid not null,
    person     uuid,                                 -- the guest whose token ordered, when one did
    name       text not null,
    email      text not null,
    email_normal text not null,
    locale     text,
    client_ip  text, client_agent text, client_device text,
    created_at timestamptz not null
);
create index guests_person on app.guests (person) where person is not null;
alter table app.guests add constraint guests_pkey primary key (org, id);
insert into meta.kind values ('app.guests', 'org', 'org', 40);

create table app.orders (
    org        int  not null,
    id         uuid not null,
    event_id   uuid not null,
    guest_id   uuid not null,
    status     text not null check (status in ('held', 'processing', 'paid', 'partially_refunded', 'refunded', 'expired', 'cancelled')),
    currency   text not null,
    list       bigint not null check (list >= 0),
    discount   bigint not null check (discount between 0 and list),
    net        bigint not null,
    guest_fee  bigint not null check (guest_fee >= 0),
    absorbed_fee bigint not null check (absorbed_fee >= 0),
    tax        bigint not null check (tax >= 0),
    share      bigint not null check (share between net and list),
    reserve    bigint not null check (reserve between 0 and share - absorbed_fee),
    total      bigint not null,
    refunded   bigint not null default 0 check (refunded >= 0),
    disputed   bigint not null default 0 check (disputed >= 0),
    promo_code text,
    policy     text not null,                        -- fees, tax, refund rules in force when it was made (JSON)
    metadata   text,
    age_confirmed boolean not null default false,
    expires_at timestamptz not null,
    paid_at    timestamptz,
    version    int not null,
    created_at timestamptz not null,
    constraint orders_guest foreign key (org, guest_id) references app.guests (org, id),
    constraint orders_net check (net = list - discount),
    constraint orders_total check (total = net + guest_fee + tax),
    constraint orders_paid check ((paid_at is null) = (status in ('held', 'processing', 'expired', 'cancelled')))
);
-- No foreign key to the event: checking it would lock that one row in every
-- order. order_open selects from it, and nobody may delete an event.
create index orders_newest on app.orders (org, created_at desc, id desc);
create index orders_of_guest on app.orders (org, guest_id);
alter table app.orders add constraint orders_pkey primary key (org, id);
insert into meta.kind values ('app.orders', 'org', 'org', 41);

create table app.order_lines (
    org       int  not null,
    order_id  uuid not null,
    line      int  not null check (line > 0),
    type_id   uuid not null,
    quantity  bigint not null check (quantity > 0),
    unit_price bigint not null,
    list      bigint not null,
    discount  bigint not null,
    net       bigint not null,
    fee       bigint not null,
    tax       bigint not null,
    total     bigint not null,
    parts     bigint[] not null,                     -- per ticket: net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee,
    constraint order_lines_order foreign key (org, order_id) references app.orders (org, id),
    constraint order_lines_parts check (cardinality(parts) = quantity * 7),
    constraint order_lines_total check (net = list - discount and total = net + fee + tax)
);
create index order_lines_type on app.order_lines (org, type_id);
alter table app.order_lines add constraint order_lines_pkey primary key (org, order_id, line);
insert into meta.kind values ('app.order_lines', 'org', 'org', 42);

-- A payment is one attempt to charge. reference is what the gateway knows it by.
create table app.payments (
    org        int  not null,
    id         uuid not null,
    order_id   uuid not null,
    gateway    text not null,
    reference  text not null,
    amount     bigint not null check (amount > 0),
    currency   text not null,
    state      text not null check (state in ('sending', 'succeeded', 'declined', 'not_sent', 'unknown', 'not_found_final', 'late_approved', 'voided')),
    outcome_code text,
    decline_code text,
    gateway_transaction text,
    card_brand text, card_last4 text,
    idem_org   int, idem_principal uuid, idem_key text,
    idem_status int,                                 -- the status its key answers with when paid
    not_founds int not null default 0,
    lookups    int not null default 0,
    armed_at   timestamptz not null,                 -- wall clock: fence and horizon count from here
    resolved_at timestamptz,
    created_at timestamptz not null,
    constraint payments_order foreign key (org, order_id) references app.orders (org, id),
    constraint payments_reference unique (org, gateway, reference),
    constraint payments_transaction unique (org, gateway, gateway_transaction)
);
-- The database itself refuses a second live attempt.
create unique index payments_one_live on app.payments (org, order_id) where state in ('sending', 'unknown', 'succeeded');
create index payments_of_order on app.payments (org, order_id, created_at);
alter table app.payments add constraint payments_pkey primary key (org, id);
insert into meta.kind values ('app.payments', 'org', 'org', 43);

create table app.tickets (
    org       int  not null,
    id        uuid not null,
    order_id  uuid not null,
    line      int  not null,
    seat      int  not null,                         -- its place in the line, from 1
    type_id   uuid not null,
    code      text not null,
    status    text not null check (status in ('valid', 'used', 'refunded', 'void')),
    net bigint not null, guest_fee bigint not null, tax bigint not null, tax_on_fee bigint not null,
    organizer_promo bigint not null, platform_promo bigint not null, absorbed_fee bigint not null,
    created_at timestamptz not null,
    constraint tickets_line foreign key (org, order_id, line) references app.order_lines (org, order_id, line),
    constraint tickets_place unique (org, order_id, line, seat),
    constraint tickets_code unique (org, code),
    constraint tickets_parts check (least(net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee) >= 0)
);
alter table app.tickets add constraint tickets_pkey primary key (org, id);
insert into meta.kind values ('app.tickets', 'org', 'org', 44);

grant select, insert, update on app.guests, app.orders, app.payments, app.tickets to boxoffice_definer;
grant select, insert on app.order_lines to boxoffice_definer;

commit;
