-- Revert boxoffice:maturing from pg
begin;
alter table ops.jobs drop column progress;
drop index app.orders_of_event;
delete from ops.jobs where kind in ('event_mature', 'orders_mature');
delete from meta.kind where rel = 'app.maturities'::regclass;
drop table app.maturities;
commit;
