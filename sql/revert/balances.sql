-- Revert boxoffice:balances from pg
begin;
commit;
