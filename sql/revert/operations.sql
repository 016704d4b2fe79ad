-- Revert boxoffice:operations from pg
begin;
delete from meta.kind where rel in ('ops.jobs'::regclass, 'ops.outbox'::regclass, 'ops.audit'::regclass, 'ops.idempotency'::regclass);
drop table ops.idempotency, ops.audit, ops.outbox, ops.jobs;
drop function ops.node_id();
commit;
