-- Revert boxoffice:refunds from pg
begin;
delete from app.payments where refund_id is not null;
alter table app.payments drop column refund_id;
alter table app.tickets drop column used_at;
delete from meta.kind where rel in ('app.refunds'::regclass, 'app.ticket_returns'::regclass);
drop table app.ticket_returns, app.refunds;
commit;
