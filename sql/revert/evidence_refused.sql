-- Revert boxoffice:evidence_refused from pg
-- Functions are made anew by sql/install.
begin;
drop function if exists app.evidence_list(int, uuid);
drop function if exists app.evidence_refused(int, uuid, text);
alter table app.evidence drop column refused;
commit;
