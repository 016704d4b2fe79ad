-- Revert boxoffice:evidence_shots from pg
-- Functions are made anew by sql/install.
begin;
drop function if exists app.evidence_submit(int, uuid, uuid, bigint, text, bytea, text, text);
drop function if exists app.evidence_accept(int, uuid, text, text);
commit;
