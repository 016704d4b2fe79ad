-- Verify boxoffice:refunds on pg
begin;
select org, id, order_id, status, amount, fees_back, share, own_available from app.refunds where false;
select org, object_id, ticket_id, live, net from app.ticket_returns where false;
select used_at from app.tickets where false;
select refund_id from app.payments where false;
rollback;
