-- Revert boxoffice:fingerprints from pg
begin;
drop index app.payments_of_card;
alter table app.payments drop column card_fingerprint;
commit;
