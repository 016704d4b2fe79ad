-- Revert boxoffice:terms from pg
begin;
delete from meta.kind where rel = 'app.terms'::regclass;
drop table app.terms;
alter table app.organizers drop column terms, drop column terms_sha256;
commit;
