-- Verify boxoffice:orders on pg
begin;
select org, id, person, name, email, email_normal from app.guests where false;
select org, id, event_id, guest_id, status, total, expires_at, version from app.orders where false;
select org, order_id, line, type_id, quantity, parts from app.order_lines where false;
select org, id, order_id, reference, amount, state, armed_at from app.payments where false;
select org, id, order_id, line, seat, code, status from app.tickets where false;
rollback;
