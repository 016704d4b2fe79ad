-- Deploy boxoffice:evidence_refused to pg
-- A file that the gateway refuses for good is left out, and says why.
begin;

alter table app.evidence add column refused text;             -- why, in the gateway's words; null: it is not
drop function if exists app.evidence_list(int, uuid);

commit;
