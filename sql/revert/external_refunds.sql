-- Revert boxoffice:external_refunds from pg
-- Refunds made at the gateway have no place in what was before: their rows go, their entries stay.
begin;
delete from app.ticket_returns t using app.refunds r where r.org = t.org and r.id = t.object_id and (r.external or r.over > 0);
delete from app.refunds where external or over > 0;
delete from app.payments where external;
drop index app.payments_one_return;
create unique index payments_one_return on app.payments (org, capture_id)
    where unplaced and state in ('sending', 'unknown', 'succeeded');
alter table app.payments drop column external;
alter table app.refunds
    drop constraint refunds_amount, drop constraint refunds_over,
    drop column external, drop column over, drop column covered,
    add constraint refunds_amount check (amount = net + guest_fee + tax and list = net + discount);
delete from meta.kind where rel = 'app.discrepancies'::regclass;
drop table app.discrepancies;
commit;
