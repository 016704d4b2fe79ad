-- Deploy boxoffice:maturing to pg
begin;
commit;
