-- Deploy boxoffice:evidence_by_hand to pg
-- What was submitted at a gateway without an API is still to be sent by
-- somebody, who is reminded of it. The result of evidence_due changes.
begin;

alter table app.disputes add column by_hand boolean not null default false;    -- submitted, and somebody is to send it
drop function if exists app.evidence_due(int, uuid);

commit;
