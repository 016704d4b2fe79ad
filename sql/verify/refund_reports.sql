-- Verify boxoffice:refund_reports on pg
begin;
select org, gateway, charge, transaction, state, created_at from app.refund_reports where false;
rollback;
