-- Proves that a use of a promo code is flagged exactly when another guest has paid with the same card
-- for a use of the same code, whatever became of it since. By uses paid with cards, without, and not paid.
begin;
select no_plan();
\ir lib/shop.sql

-- 'a by ada with 1' is an order with code a, of guest ada, paid with card 1.
create function pg_temp.use(p_use text, p_to text default 'succeeded') returns void language plpgsql as $$
declare
    v_word text[] := regexp_split_to_array(p_use, ' by | with ');
begin
    perform pg_temp.discounted(p_use, 'processing', string_to_array(v_word[1], '+'), array_fill(0::bigint, array[cardinality(string_to_array(v_word[1], '+'))]),
        v_word[2]);
    perform pg_temp.begin('payment ' || p_use, p_use);
    perform pg_temp.settle('payment ' || p_use, p_to, p_card => btrim(v_word[3]));
end $$;
create function pg_temp.flagged(p_codes text) returns setof text language sql as $$
    select c.code || ': ' || o.use from app.promo_flagged(501, array(select pg_temp.id(w) from regexp_split_to_table(p_codes, ' ') w)) f
    join app.promo_codes c on c.org = 501 and c.id = f.promo_id
    join (select regexp_split_to_table('a by ada with 1,a by ada with 1 ,a by bea with 1,a by bea with 2,a by cleo,a by dora,a by emma with 3,a by fay with 3,'
        || 'b by ada with 1,b by gil with 4,a+b by hal with 4,a by ivy with 5,a by ivy with 5 ,b by bea with 6', ',') as use) o on pg_temp.id(o.use) = f.order_id $$;

select pg_temp.promo(c) from unnest('{a,b}'::text[]) c;
select is_empty($$select pg_temp.flagged('a b')$$, 'codes that nobody used');
select pg_temp.use('a by ada with 1'), pg_temp.use('a by ada with 1 ');
select is_empty($$select pg_temp.flagged('a')$$, 'one guest with one card, twice');
select pg_temp.use('a by bea with 2'), pg_temp.use('a by cleo'), pg_temp.use('a by dora');
select is_empty($$select pg_temp.flagged('a')$$, 'others with other cards, and two whose card nobody told');
select pg_temp.use('b by bea with 6'), pg_temp.use('b by ada with 1');
select is_empty($$select pg_temp.flagged('a b')$$, 'the same card under another code');
select pg_temp.use('a by emma with 3'), pg_temp.use('a by fay with 3', 'declined');
select is_empty($$select pg_temp.flagged('a')$$, 'a card that was refused to the second guest');

select pg_temp.use('a by bea with 1');
select bag_eq($$select pg_temp.flagged('a')$$, $$values ('a: a by ada with 1'), ('a: a by ada with 1 '), ('a: a by bea with 1')$$,
    'a card of two guests flags all the uses that it paid, and no other');
select is_empty($$select pg_temp.flagged('b')$$, '... of that code alone');
select pg_temp.use('b by gil with 4'), pg_temp.use('a+b by hal with 4'), pg_temp.use('a by ivy with 5');
select bag_eq($$select pg_temp.flagged('b')$$, $$values ('b: b by gil with 4'), ('b: a+b by hal with 4')$$, 'of two codes of an order, the one that is shared');
select is((select count(*) from app.promo_flagged(502, array[pg_temp.id('a'), pg_temp.id('b')])), 0::bigint, 'a neighbour has none of it');

select is(u.flagged, n::bigint, 'usage counts them: ' || w) from (values ('a', 3), ('b', 2), ('a b', 5)) v (w, n),
    app.promos_usage(501, array(select pg_temp.id(c) from regexp_split_to_table(w, ' ') c), null, false) u;
select bag_eq($$select code, flagged from app.promos_usage(501, null, null, true)$$, $$values ('a', 3::bigint), ('b', 2)$$, '... for each code');
update app.orders set status = 'refunded' where org = 501 and id = pg_temp.id('a by bea with 1');
update app.promo_uses set returned_at = ops.now() where org = 501 and order_id = pg_temp.id('a by bea with 1');
select is((select count(*) from pg_temp.flagged('a')), 3::bigint, 'a use that was given back is evidence still');

select throws_ok($$update app.payments set card_fingerprint = '\x00' where org = 501$$, '23514', null, 'what is no hash is no fingerprint');
select pg_temp.second('payment a by ivy with 5', 'second of ivy', p_card => '1');
select results_eq($$select state, card_fingerprint from app.payments where org = 501 and id = pg_temp.id('second of ivy')$$, $$values ('late_approved', sha256('1'))$$,
    'a second record of an attempt keeps its card');
select bag_eq($$select pg_temp.flagged('a')$$, $$values ('a: a by ada with 1'), ('a: a by ada with 1 '), ('a: a by bea with 1')$$, '... which paid no use');

select * from finish();
rollback;
