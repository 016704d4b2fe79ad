-- Verify boxoffice:evidence_by_hand on pg
begin;
select by_hand from app.disputes where false;
rollback;
