-- Verify boxoffice:webhooks on pg
begin;
select event_id, gateway, type, payload, recovered, state, due_at, lease from app.webhook_events where false;
select house from ops.epoch where false;
rollback;
