-- Verify boxoffice:operations on pg
begin;
select org, kind, object_id, due_at, business, leased_until, lease from ops.jobs where false;
select org, type, object_id, version, body, xid, node, sent_at from ops.outbox where false;
select org, id, xid, node, actor, action, object_id, body from ops.audit where false;
select org, principal, key, method, path, body_hash, running_until, answer from ops.idempotency where false;
select ops.node_id();
rollback;
