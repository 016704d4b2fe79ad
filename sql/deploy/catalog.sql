-- Deploy boxoffice:catalog to pg
-- Organizers, events, ticket types and their inventory in buckets.
begin;

create table app.organizers (
    org          int  primary key check (org > 0),
    id           uuid not null,
    name         text not null,
    email        text not null,
    country      text not null,
    currency     text not null,
    time_zone    text not null,
    category     text,
    fee_percent_bps  bigint not null check (fee_percent_bps between 0 and 10000),
    fee_fixed_amount bigint not null check (fee_fixed_amount between 0 and 1000000000000),
    fee_payer        text   not null check (fee_payer in ('guest', 'organizer')),
    payout_hold_days_after_event  bigint not null check (payout_hold_days_after_event between 0 and 365),
    payout_hold_days_after_charge bigint not null check (payout_hold_days_after_charge between 0 and 365),
    payout_schedule       text   not null check (payout_schedule in ('daily', 'weekly', 'monthly', 'manual')),
    payout_weekday        bigint not null check (payout_weekday between 1 and 7),
    payout_day_of_month   bigint not null check (payout_day_of_month between 1 and 31),
    payout_minimum_amount bigint not null check (payout_minimum_amount between 0 and 1000000000000),
    payout_reserve_bps    bigint not null check (payout_reserve_bps between 0 and 10000),
    payout_reserve_days   bigint not null check (payout_reserve_days between 0 and 730),
    payout_allow_negative boolean not null,
    refund_fees           boolean not null,
    refund_until_hours_before_event bigint not null check (refund_until_hours_before_event between 0 and 87600),
    dispute_pass_fee      boolean not null,
    gateway               text not null check (gateway in ('nmi', 'stripe')),
    verification          text not null check (verification in ('pending', 'verified', 'rejected')),
    verification_reason   text,
    licence_number        text,
    licence_expires_on    date,
    version      int  not null,
    created_at   timestamptz not null
);
insert into meta.kind values ('app.organizers', 'org', 'org', 30);

create table app.events (
    org        int  not null references app.organizers (org),
    id         uuid not null,
    organizer_id uuid not null,
    name       text not null,
    venue_name text, venue_address text, venue_country text, venue_region text,
    starts_at  timestamptz not null,
    ends_at    timestamptz not null,
    time_zone  text not null,
    currency   text not null,
    tax_rate_bps  bigint  not null check (tax_rate_bps between 0 and 10000),
    tax_inclusive boolean not null,
    tax_on_fees   boolean not null,
    min_age    bigint check (min_age between 0 and 150),
    status     text not null check (status in ('draft', 'on_sale', 'paused', 'completed', 'cancelled', 'postponed')),
    version    int  not null,
    created_at timestamptz not null,
    constraint events_times check (ends_at > starts_at),
    constraint events_tax check (not (tax_inclusive and tax_on_fees))
);
create index events_newest on app.events (org, created_at desc, id desc);
alter table app.events add constraint events_pkey primary key (org, id);
insert into meta.kind values ('app.events', 'org', 'org', 31);

create table app.ticket_types (
    org       int  not null,
    id        uuid not null,
    event_id  uuid not null,
    name      text not null,
    price     bigint not null check (price between 0 and 1000000000000),
    currency  text not null,
    quantity  bigint not null check (quantity between 0 and 10000000),
    min_per_order bigint not null check (min_per_order >= 1),
    max_per_order bigint not null check (max_per_order <= 100),
    sales_start_at timestamptz,
    sales_end_at   timestamptz,
    hidden    boolean not null,
    version   int not null,
    created_at timestamptz not null,
    constraint ticket_types_event foreign key (org, event_id) references app.events (org, id),
    constraint ticket_types_limits check (min_per_order <= max_per_order),
    constraint ticket_types_window check (sales_end_at > sales_start_at)
);
create index ticket_types_event on app.ticket_types (org, event_id, created_at, id);
alter table app.ticket_types add constraint ticket_types_pkey primary key (org, id);
insert into meta.kind values ('app.ticket_types', 'org', 'org', 32);

-- What is left of a ticket type, split so that buyers don't wait for each other.
create table app.ticket_buckets (
    org       int not null,
    type_id   uuid not null,
    bucket    int not null,
    remaining bigint not null check (remaining >= 0),
    constraint ticket_buckets_type foreign key (org, type_id) references app.ticket_types (org, id)
) with (fillfactor = 50);
alter table app.ticket_buckets add constraint ticket_buckets_pkey primary key (org, type_id, bucket);
insert into meta.kind values ('app.ticket_buckets', 'org', 'org', 33);

grant select, insert, update on app.organizers, app.events, app.ticket_types, app.ticket_buckets to boxoffice_definer;

commit;
