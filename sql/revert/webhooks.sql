-- Revert boxoffice:webhooks from pg
begin;
delete from meta.kind where rel = 'app.webhook_events'::regclass;
drop table app.webhook_events;
alter table ops.epoch drop column house;
commit;
