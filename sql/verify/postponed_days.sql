-- Verify boxoffice:postponed_days on pg
begin;
select refund_days from app.events where false;
select postponed_at from app.ticket_scans where false;
rollback;
