-- Verify boxoffice:promo_terms on pg
begin;
do $$ begin
    assert to_regprocedure('app.promo_buckets_set(int, uuid, bigint, bigint)') is null;
end $$;
rollback;
