-- Revert boxoffice:postponed_days from pg
-- Refused where a ticket was let in for two dates: which of them would be the one?
begin;
drop index app.ticket_scans_first;
create unique index ticket_scans_first on app.ticket_scans (org, ticket_id) where status = 'valid';
alter table app.ticket_scans drop column postponed_at;
alter table app.events drop constraint events_refund_days, drop column refund_days;
drop function if exists app.refund_facts(int, uuid);
drop function if exists app.ticket_standing(int, uuid, uuid);
commit;
