-- Revert boxoffice:evidence_by_hand from pg
-- Functions are made anew by sql/install.
begin;
drop function if exists app.evidence_due(int, uuid);
drop function if exists app.evidence_by_hand(int, uuid, text);
alter table app.disputes drop column by_hand;
commit;
