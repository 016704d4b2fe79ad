-- Verify boxoffice:overs on pg
begin;
select 1 / count(*) from pg_constraint where conname = 'refunds_amount' and pg_get_constraintdef(oid) like '%covered%';
rollback;
