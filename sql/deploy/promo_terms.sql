-- Deploy boxoffice:promo_terms to pg
-- Orders are made on the terms of a code's version, a change of a code reads no
-- uses, and orders show the codes that they were made with: parameters or
-- results of these functions change.
begin;

drop function if exists app.promo_buckets_set(int, uuid, bigint, bigint);
drop function if exists app.promo_update(int, uuid, int, jsonb, boolean, text, text);
drop function if exists app.promos_snapshot(int, uuid, text[], bytea);
drop function if exists app.promo_take(int, uuid, uuid[], bigint[], text[], bigint[], bigint[], bytea);
drop function if exists app.order_open(int, uuid, uuid, text, uuid, uuid, text[], text, bigint[], text, text, boolean, bigint, uuid[],
    bigint[], bigint[], bigint[], text, text, text);
drop function if exists app.promo_take_one(int, uuid, text, bigint, bytea, boolean);
drop function if exists app.order_views(int, uuid[]);

commit;
