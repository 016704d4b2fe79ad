-- Verify boxoffice:external_refunds on pg
begin;
select org, id, kind, object_id, order_id, amount, currency, detail, status, resolution from app.discrepancies where false;
select external, over, covered from app.refunds where false;
select external from app.payments where false;
rollback;
