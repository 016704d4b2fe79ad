-- Verify boxoffice:maturing on pg
begin;
select org, order_id, ends_at, matures_at, releases_at, due_at from app.maturities where false;
select progress from ops.jobs where false;
select 1 / count(*) from pg_class where oid = 'app.orders_of_event'::regclass;
rollback;
