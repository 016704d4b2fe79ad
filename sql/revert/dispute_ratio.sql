-- Revert boxoffice:dispute_ratio from pg
begin;
delete from meta.kind where rel = 'app.risks'::regclass;
drop table app.risks;
commit;
