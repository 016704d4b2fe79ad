-- Deploy boxoffice:disputes to pg
-- Disputes of charges, what gateways say of them, and how to find the charge.
begin;

create table app.disputes (
    org        int  not null,
    id         uuid not null,
    capture_id uuid not null,                            -- the charge
    order_id   uuid,                                     -- null: no order took the charge
    gateway    text not null,
    gateway_dispute text not null,
    status     text not null check (status in ('warning', 'needs_response', 'under_review', 'won', 'lost', 'accepted', 'expired')),
    amount     bigint not null check (amount >= 0),
    currency   text not null,
    fee        bigint not null default 0 check (fee >= 0),
    over       bigint not null default 0,                -- beyond what the order held when it opened
    covered    bigint not null default 0,                -- of that, what came back to the order since and joined the parts
    list bigint not null default 0, discount bigint not null default 0, net bigint not null default 0, guest_fee bigint not null default 0,
    tax bigint not null default 0, share bigint not null default 0, absorbed_fee bigint not null default 0,
    own_pending bigint not null default 0, own_reserve bigint not null default 0, own_available bigint not null default 0,
    reason     text,                                     -- the gateway's word
    category   text,
    due_by     timestamptz,
    moved      boolean not null default false,           -- its money moved: dispute_opened is posted
    fee_passed boolean not null default false,
    reversed   boolean not null default false,           -- lost, then won on appeal: once
    answer     text not null default 'none' check (answer in ('none', 'submitting', 'submitted', 'accepting', 'accepted')),
    answered_at timestamptz,
    reported_at timestamptz not null,
    opened_at  timestamptz,                              -- its money moved
    ended_at   timestamptz,
    version    int not null,
    created_at timestamptz not null,
    constraint disputes_capture foreign key (org, capture_id) references app.payments (org, id),
    constraint disputes_order foreign key (org, order_id) references app.orders (org, id),
    constraint disputes_theirs unique (org, gateway, gateway_dispute),
    constraint disputes_covered check (covered between 0 and over),
    constraint disputes_amount check (not moved or (amount = net + guest_fee + tax + over - covered and list = net + discount)),
    constraint disputes_own check (own_pending + own_reserve + own_available = share),
    constraint disputes_signs check (least(list, discount, net, guest_fee, tax, share, absorbed_fee, own_pending, own_reserve, own_available) >= 0),
    constraint disputes_moved check ((opened_at is not null) = moved),
    constraint disputes_ended check ((ended_at is not null) = (status in ('won', 'lost', 'accepted')))
);
create index disputes_newest on app.disputes (org, created_at desc, id desc);
create index disputes_of_order on app.disputes (org, order_id);
create index disputes_of_capture on app.disputes (org, capture_id);
alter table app.disputes add constraint disputes_pkey primary key (org, id);
insert into meta.kind values ('app.disputes', 'org', 'org', 49);

-- What a gateway said of a dispute, once for each word, until the charge is
-- found. Whose organizer it is is not known before that: all are of org 0.
create table app.dispute_reports (
    org        int  not null check (org = 0),
    id         uuid not null,
    gateway    text not null,
    gateway_dispute text not null,
    word       text not null check (word in ('ask', 'warning', 'needs_response', 'under_review', 'won', 'lost')),
    charge     text,                                     -- the gateway's id of it, where told
    last4      text, day date,                           -- else the card, and when it was disputed
    amount     text,                                     -- as written: whose currency it is in the charge tells
    fee        text,
    reason     text,
    due_by     timestamptz,
    source     text not null,                            -- webhook, import
    state      text not null check (state in ('new', 'placed', 'unmatched')),
    capture_id uuid,                                     -- its charge, found or assigned
    note       text,
    created_at timestamptz not null,
    constraint dispute_reports_word unique (org, gateway, gateway_dispute, word),
    constraint dispute_reports_placed check (state <> 'placed' or capture_id is not null)
);
create index dispute_reports_unmatched on app.dispute_reports (org, created_at) where state = 'unmatched';
alter table app.dispute_reports add constraint dispute_reports_pkey primary key (org, id);
insert into meta.kind values ('app.dispute_reports', 'org', 'org', 58);

-- Which charge a dispute is about, in all organizers.
create index payments_by_transaction on app.payments (gateway, gateway_transaction) where kind = 'charge';
create index payments_by_card on app.payments (card_last4, amount) where kind = 'charge';

grant select, insert, update on app.disputes, app.dispute_reports to boxoffice_definer;

commit;
