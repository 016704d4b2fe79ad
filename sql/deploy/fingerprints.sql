-- Deploy boxoffice:fingerprints to pg
-- Which card paid, as far as the gateway tells cards apart.
begin;

alter table app.payments
    add column card_fingerprint bytea,                  -- SHA-256 of gateway and its fingerprint; null: not told
    add constraint payments_card_fingerprint check (octet_length(card_fingerprint) = 32);

-- Their parameters and results change.
drop function if exists app.payment_settle(int, uuid, text, text, text, text, text, text, uuid[], text[], uuid, text[],
    bigint[], bigint, text, text, timestamptz, uuid, text[], bigint[]);
drop function if exists app.capture_second(int, uuid, uuid, text, text, bigint, text, text, text, text, uuid, text[],
    bigint[], text, text, timestamptz);
drop function if exists app.promos_usage(int, uuid[], uuid, boolean);

commit;
