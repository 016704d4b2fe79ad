-- Revert boxoffice:doors from pg
begin;
delete from meta.kind where rel = 'app.ticket_scans'::regclass;
drop table app.ticket_scans;
commit;
