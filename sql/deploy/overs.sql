-- Deploy boxoffice:overs to pg
-- What comes back to an order joins the parts of what a dispute, or a refund made
-- at the gateway's, took beyond what the order held: net and the rest grow by
-- what is covered, the amount stays.
begin;

alter table app.refunds
    drop constraint refunds_amount,
    add constraint refunds_amount check (amount = net + guest_fee + tax + over - covered and list = net + discount);

-- Its result changes.
drop function if exists app.refund_facts(int, uuid);

commit;
