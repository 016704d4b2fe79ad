-- Verify boxoffice:evidence_refused on pg
begin;
select refused from app.evidence where false;
rollback;
