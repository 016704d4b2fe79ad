-- Deploy boxoffice:balances to pg
begin;
commit;
