-- Verify boxoffice:maturing on pg
begin;
rollback;
