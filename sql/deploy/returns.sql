-- Deploy boxoffice:returns to pg
-- Captures that no order takes, and the attempts that give their money back:
-- they run on the same machine as charges.
begin;

-- kind refund: gives back (some of) what capture_id captured. A charge with
-- capture_id is a second record that the gateway has of that attempt.
-- An adopted charge (its record was lost) may have no order.
alter table app.payments
    add column kind text not null default 'charge' check (kind in ('charge', 'refund')),
    add column capture_id uuid,
    add column unplaced boolean not null default false, -- refund: of a capture that no order took
    add column heard text[] not null default '{}',      -- approved transactions that the gateway told of while it was open
    alter column order_id drop not null,
    add constraint payments_capture check (kind = 'charge' or capture_id is not null),
    add constraint payments_unplaced check (kind = 'refund' or not unplaced),
    drop constraint payments_transaction,
    add constraint payments_transaction unique (org, gateway, kind, gateway_transaction);
drop index app.payments_one_live;
create unique index payments_one_live on app.payments (org, order_id)
    where kind = 'charge' and state in ('sending', 'unknown', 'succeeded');
-- An unplaced capture is given back once.
create unique index payments_one_return on app.payments (org, capture_id)
    where unplaced and state in ('sending', 'unknown', 'succeeded');
create index payments_open on app.payments (org, armed_at) where state in ('sending', 'unknown', 'late_approved');
create index payments_of_capture on app.payments (org, capture_id) where capture_id is not null;

-- Their results change.
drop function if exists app.payment_get(int, uuid);
drop function if exists app.payment_settle(int, uuid, text, text, text, text, text, text, uuid[], text[], uuid, text[],
    bigint[], bigint, text, text, timestamptz);

commit;
