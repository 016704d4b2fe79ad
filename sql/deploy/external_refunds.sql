-- Deploy boxoffice:external_refunds to pg
-- Refunds that somebody made at the gateway, not by us; and discrepancies:
-- what the other side reports and the books can't explain.
begin;

create table app.discrepancies (
    org         int  not null,
    id          uuid not null,
    kind        text not null check (kind in ('missing_in_ledger', 'missing_at_gateway', 'missing_at_bank', 'amount_mismatch',
                    'currency_mismatch', 'duplicate', 'fee_mismatch', 'late', 'over_captured')),
    object_id   uuid not null,                           -- the refund, dispute, ... that does not agree
    order_id    uuid,
    amount      bigint not null,                         -- by how much
    currency    text not null,
    detail      text not null,
    status      text not null check (status in ('open', 'resolved')),
    version     int  not null,
    created_at  timestamptz not null,
    resolved_at timestamptz,
    resolution  text,                                    -- why, in the words of who resolved it
    constraint discrepancies_once unique (org, kind, object_id),
    constraint discrepancies_resolved check ((status = 'resolved') = (resolved_at is not null) and (status = 'resolved') = (resolution is not null))
);
create index discrepancies_newest on app.discrepancies (org, created_at desc, id desc);
create index discrepancies_of_order on app.discrepancies (org, order_id) where status = 'open';
alter table app.discrepancies add constraint discrepancies_pkey primary key (org, id);
insert into meta.kind values ('app.discrepancies', 'org', 'org', 55);

-- over: what the gateway gave back beyond what the order held; covered: of it,
-- what came back to the order since and paid it (ledger.md, over_covered).
alter table app.refunds
    add column external boolean not null default false,  -- made at the gateway, not by us
    add column over     bigint not null default 0,
    add column covered  bigint not null default 0,
    drop constraint refunds_amount,
    add constraint refunds_amount check (amount = net + guest_fee + tax + over and list = net + discount),
    add constraint refunds_over check (covered between 0 and over);

-- An unplaced capture is given back by one refund of ours; by others in any number.
alter table app.payments
    add column external boolean not null default false,
    add constraint payments_external check (kind = 'refund' or not external);
drop index app.payments_one_return;
create unique index payments_one_return on app.payments (org, capture_id)
    where unplaced and not external and state in ('sending', 'unknown', 'succeeded');

grant select, insert, update on app.discrepancies to boxoffice_definer;

-- Its result changes.
drop function if exists app.refund_views(int, uuid[]);

commit;
