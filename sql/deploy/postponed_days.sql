-- Deploy boxoffice:postponed_days to pg
-- The days that a postponement gives its guests, each time that there are new
-- dates; and who was let in before it is a guest like the others.
begin;

alter table app.events add column refund_days int;           -- given the last time that it was postponed
update app.events set refund_days = greatest(1, round(extract(epoch from refunds_until - postponed_at) / 86400)) where postponed_at is not null;
alter table app.events add constraint events_refund_days check ((postponed_at is null) = (refund_days is null));

-- When the event had last been postponed: for each of its dates a ticket lets in anew.
alter table app.ticket_scans add column postponed_at timestamptz not null default '-infinity';
update app.ticket_scans s set postponed_at = e.postponed_at from app.orders o, app.events e
where o.org = s.org and o.id = s.order_id and e.org = o.org and e.id = o.event_id and s.scanned_at >= e.postponed_at;
drop index app.ticket_scans_first;
-- The database itself lets nobody in twice.
create unique index ticket_scans_first on app.ticket_scans (org, ticket_id, postponed_at) where status = 'valid';

-- Their results change.
drop function if exists app.refund_facts(int, uuid);
drop function if exists app.ticket_standing(int, uuid, uuid);
drop function if exists app.refund_tickets(int, uuid);

commit;
