-- Verify boxoffice:balances on pg
begin;
rollback;
