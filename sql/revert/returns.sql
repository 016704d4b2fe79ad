-- Revert boxoffice:returns from pg
begin;
drop index app.payments_one_live, app.payments_one_return, app.payments_open, app.payments_of_capture;
delete from app.payments where kind = 'refund' or order_id is null;
alter table app.payments drop constraint payments_transaction, drop constraint payments_capture, drop constraint payments_unplaced,
    drop column kind, drop column capture_id, drop column unplaced, drop column heard, alter column order_id set not null,
    add constraint payments_transaction unique (org, gateway, gateway_transaction);
create unique index payments_one_live on app.payments (org, order_id) where state in ('sending', 'unknown', 'succeeded');
commit;
