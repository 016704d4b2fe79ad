-- Revert boxoffice:orders from pg
begin;
delete from meta.kind where rel in ('app.guests'::regclass, 'app.orders'::regclass, 'app.order_lines'::regclass, 'app.payments'::regclass, 'app.tickets'::regclass);
drop table app.tickets, app.payments, app.order_lines, app.orders, app.guests;
commit;
