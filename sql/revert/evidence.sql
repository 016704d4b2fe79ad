-- Revert boxoffice:evidence from pg
begin;
delete from ops.jobs where kind in ('evidence_send', 'evidence_due');
delete from meta.kind where rel = 'app.evidence'::regclass;
drop table app.evidence;
drop function if exists ops.sealed_by();
commit;
