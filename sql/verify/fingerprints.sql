-- Verify boxoffice:fingerprints on pg
begin;
select card_fingerprint from app.payments where false;
rollback;
