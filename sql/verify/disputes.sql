-- Verify boxoffice:disputes on pg
begin;
select org, id, capture_id, order_id, status, over, covered, share, moved, answer from app.disputes where false;
select org, id, gateway, gateway_dispute, word, charge, state, capture_id from app.dispute_reports where false;
select 1 / count(*) from pg_class where oid = 'app.payments_by_transaction'::regclass;
rollback;
