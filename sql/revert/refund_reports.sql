-- Revert boxoffice:refund_reports from pg
begin;
delete from meta.kind where rel = 'app.refund_reports'::regclass;
drop table app.refund_reports;
commit;
