-- Verify boxoffice:doors on pg
begin;
select org, id, ticket_id, order_id, status, event_id, gate, device, signed, scanned_at from app.ticket_scans where false;
rollback;
