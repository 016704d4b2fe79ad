-- Verify boxoffice:returns on pg
begin;
select kind, capture_id, unplaced, heard from app.payments where false;
rollback;
