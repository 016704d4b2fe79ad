-- Verify boxoffice:schemas on pg
begin;
select rel, kind, key, ord from meta.kind where false;
select 1 / count(*) from ops.test_clock;
select 1 / count(*) from ops.epoch;
rollback;
