-- Revert boxoffice:disputes from pg
begin;
drop index app.payments_by_transaction, app.payments_by_card;
delete from ops.jobs where kind in ('dispute_place', 'dispute_look', 'dispute_expire');
delete from meta.kind where rel in ('app.disputes'::regclass, 'app.dispute_reports'::regclass);
drop table app.dispute_reports, app.disputes;
commit;
