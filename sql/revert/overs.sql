-- Revert boxoffice:overs from pg
begin;
drop function if exists app.refund_facts(int, uuid);
alter table app.refunds
    drop constraint refunds_amount,
    add constraint refunds_amount check (amount = net + guest_fee + tax + over and list = net + discount);
commit;
