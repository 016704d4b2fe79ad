-- Deploy boxoffice:promos to pg
-- Promo codes. A use is a slot: taken with the hold, kept by the payment,
-- given back when the hold ends. What is left of a code's uses and budget is
-- split over buckets, as tickets are, so that buyers don't wait for each other.
begin;

-- A code gives a discount (percent or fixed), opens hidden ticket types, or both.
create table app.promo_codes (
    org        int  not null,
    id         uuid not null,
    code       text not null,                        -- as it is shown
    code_normal text not null,                       -- upper case: how it is found
    percent_bps bigint check (percent_bps between 1 and 10000),
    fixed_amount bigint check (fixed_amount between 1 and 1000000000000),
    fixed_per  text check (fixed_per in ('order', 'ticket')),
    events     uuid[] not null,                      -- none: all of the organizer's
    ticket_types uuid[] not null,                    -- none: all
    opens_ticket_types uuid[] not null,              -- hidden ones that it lets in
    max_redemptions bigint check (max_redemptions between 1 and 10000000),
    max_per_guest   bigint check (max_per_guest between 1 and 1000),
    budget_amount   bigint check (budget_amount between 1 and 1000000000000),
    min_order_amount bigint not null check (min_order_amount between 0 and 1000000000000),
    min_tickets bigint not null check (min_tickets between 0 and 1000),
    starts_at  text, ends_at text,                   -- with Z: an instant; without: local time, read in the event's zone
    platform_bps bigint not null check (platform_bps between 0 and 10000),     -- the platform's part of the discount
    stacks     boolean not null,
    return_on_refund boolean not null,
    active     boolean not null,
    batch      uuid,                                 -- codes made together
    version    int  not null,
    created_at timestamptz not null,
    constraint promo_codes_code unique (org, code_normal),
    constraint promo_codes_normal check (code_normal = upper(code) and code ~ '^[A-Za-z0-9_-]{1,40}$'),
    constraint promo_codes_discount check (percent_bps is null or fixed_amount is null),
    constraint promo_codes_fixed check ((fixed_amount is null) = (fixed_per is null)),
    constraint promo_codes_use check (num_nonnulls(percent_bps, fixed_amount) = 1 or cardinality(opens_ticket_types) > 0),
    constraint promo_codes_times check (starts_at ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$' and ends_at ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$')
);
create index promo_codes_newest on app.promo_codes (org, created_at desc, id desc);
create index promo_codes_batch on app.promo_codes (org, batch, id) where batch is not null;
alter table app.promo_codes add constraint promo_codes_pkey primary key (org, id);
insert into meta.kind values ('app.promo_codes', 'org', 'org', 34);

-- What is left; null: as many as you like.
create table app.promo_buckets (
    org      int  not null,
    promo_id uuid not null,
    bucket   int  not null,
    uses     bigint check (uses >= 0),
    budget   bigint check (budget >= 0),
    constraint promo_buckets_promo foreign key (org, promo_id) references app.promo_codes (org, id)
) with (fillfactor = 50);
alter table app.promo_buckets add constraint promo_buckets_pkey primary key (org, promo_id, bucket);
insert into meta.kind values ('app.promo_buckets', 'org', 'org', 35);

-- A guest's slots of a code, counted from the first one on, limit or not: a
-- limit that comes later counts them. guest_key: promo.h. No foreign key to the
-- code: checking it would lock that one row for each new guest.
create table app.promo_guests (
    org       int   not null,
    promo_id  uuid  not null,
    guest_key bytea not null,
    uses      bigint not null check (uses >= 0)
) with (fillfactor = 80);
alter table app.promo_guests add constraint promo_guests_pkey primary key (org, promo_id, guest_key);
insert into meta.kind values ('app.promo_guests', 'org', 'org', 36);

-- The slots of an order, in the order in which its codes apply. Whether one is
-- reserved, committed or given back follows from the order's status.
create table app.promo_uses (
    org       int  not null,
    order_id  uuid not null,
    place     int  not null check (place between 1 and 6),
    promo_id  uuid not null,
    code      text not null,
    discount  bigint not null check (discount >= 0),     -- as booked: without tax that it contained
    platform  bigint not null check (platform between 0 and discount),
    guest_key bytea not null,
    returned_at timestamptz,                             -- given back by a full refund
    created_at  timestamptz not null,
    constraint promo_uses_order foreign key (org, order_id) references app.orders (org, id)
);
create index promo_uses_of_promo on app.promo_uses (org, promo_id, created_at);
alter table app.promo_uses add constraint promo_uses_pkey primary key (org, order_id, promo_id);
insert into meta.kind values ('app.promo_uses', 'org', 'org', 45);

grant select, insert, update on app.promo_codes, app.promo_buckets, app.promo_guests, app.promo_uses to boxoffice_definer;

-- Their parameters change.
drop function if exists app.order_open(int, uuid, uuid, text, uuid, uuid, text[], text, bigint[], text, text, boolean, bigint, uuid[],
    bigint[], bigint[], bigint[], text, text);
drop function if exists app.refund_heard(int, text, text, boolean, text);

commit;
