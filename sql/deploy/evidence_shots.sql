-- Deploy boxoffice:evidence_shots to pg
-- Both ways to answer a dispute are carried by a job, whatever the gateway:
-- parameters and results of these functions change.
begin;

drop function if exists app.evidence_submit(int, uuid, uuid, bigint, text, bytea, boolean, text, text);
drop function if exists app.evidence_accept(int, uuid, boolean, text, text);

commit;
