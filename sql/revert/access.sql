-- Revert boxoffice:access from pg
begin;
delete from meta.kind where rel = 'app.credentials'::regclass;
drop table app.credentials;
commit;
