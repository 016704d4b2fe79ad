-- Verify boxoffice:cancellations on pg
begin;
select status_reason, dates_stand, postponed_at, refunds_until from app.events where false;
select org, id, event_id, reason, actor, planned, paused, ended_at from app.batches where false;
select org, batch_id, order_id, risk, state, tries, refund_id, detail, tried_at from app.batch_orders where false;
rollback;
