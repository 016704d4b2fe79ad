-- Revert boxoffice:maturing from pg
begin;
commit;
