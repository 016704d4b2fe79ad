-- Verify boxoffice:returns_again on pg
begin;
select 1 / count(*) from pg_indexes where schemaname = 'app' and indexname = 'payments_one_return' and indexdef !~ 'succeeded';
rollback;
