-- Proves that tickets are taken from one bucket where one has enough, else from
-- all, down to the last, and that a refusal tells sold from held truly. By taking,
-- giving and changing quantities in one session; races are in t/sql/520.
begin;
select no_plan();
\ir lib/shop.sql

create function pg_temp.buckets(p_type text) returns bigint[] language sql as $$
    select array_agg(remaining order by bucket) from app.ticket_buckets where org = 501 and type_id = pg_temp.id(p_type) $$;
create function pg_temp.set_buckets(p_type text, p_left bigint[]) returns void language sql as $$
    update app.ticket_buckets set remaining = p_left[bucket + 1] where org = 501 and type_id = pg_temp.id(p_type) $$;

-- How a new type is split.
select pg_temp.ticket_type(501, 'event', 'of ' || n, n) from unnest('{0,1,19,20,39,40,41,500,10000000}'::bigint[]) n;
select is(pg_temp.buckets('of ' || n), b, n || ' tickets make these buckets') from (values
    (0, '{0}'::bigint[]), (1, '{1}'), (19, '{19}'), (20, '{20}'), (39, '{39}'), (40, '{20,20}'), (41, '{21,20}'),
    (500, '{32,32,32,32,31,31,31,31,31,31,31,31,31,31,31,31}')) v (n, b);
select is(pg_temp.remaining('of ' || n), n::bigint, 'no ticket of ' || n || ' is lost in the split') from unnest('{0,1,19,20,39,40,41,500,10000000}'::bigint[]) n;
select cmp_ok((select max(cardinality(pg_temp.buckets('of ' || n))) from unnest('{500,10000000}'::bigint[]) n), '=', 16, 'at most 16');

-- One bucket that has enough serves it all, whichever the random start.
select pg_temp.set_buckets('of 41', '{3,8}');
select app.inventory_take(501, pg_temp.id('of 41'), 5);
select is(pg_temp.buckets('of 41'), '{3,3}', 'the one bucket that has enough serves all');
select pg_temp.set_buckets('of 500', '{1,1,1,1,1,1,1,1,1,1,1,7,1,1,1,1}');
do $$ begin for i in 1 .. 3 loop perform app.inventory_take(501, pg_temp.id('of 500'), 2); end loop; end $$;
select is(pg_temp.buckets('of 500'), '{1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}', 'found among sixteen, as long as it has enough');

-- Crumbs: all buckets, in ascending order.
select app.inventory_take(501, pg_temp.id('of 500'), 5);
select is(pg_temp.buckets('of 500'), '{0,0,0,0,0,1,1,1,1,1,1,1,1,1,1,1}', 'when none has enough, crumbs are gathered in ascending order');
select app.inventory_take(501, pg_temp.id('of 500'), 11);
select is(pg_temp.remaining('of 500'), 0::bigint, 'to the last');
select throws_ok($$select app.inventory_take(501, pg_temp.id('of 500'), 1)$$, 'BX011', null, 'then it is sold out');
select throws_ok($$select app.inventory_take(501, pg_temp.id('of 41'), 7)$$, 'BX011', null, 'one more than there are is refused');
select is(pg_temp.buckets('of 41'), '{3,3}', 'and takes nothing');
select lives_ok($$select app.inventory_take(501, pg_temp.id('of 41'), 6)$$, 'exactly what there is is taken');
select throws_ok($$select app.inventory_take(501, pg_temp.id('no such type'), 1)$$, 'BX011', null, 'a type that is not there has no tickets');
select throws_ok($$select app.inventory_take(502, pg_temp.id('floor'), 1)$$, 'BX011', null, 'another organizer can''t take ours');
select throws_ok($$update app.ticket_buckets set remaining = remaining - 1 where type_id = pg_temp.id('of 500')$$, '23514', null,
    'no bucket goes below zero, whoever tries');

-- Giving back.
select app.inventory_give(501, pg_temp.id('of 500'), 4);
select is((select array_agg(r order by r desc) from unnest(pg_temp.buckets('of 500')) r where r > 0), '{4}', 'what comes back goes to one bucket');
select lives_ok($$select app.inventory_take(501, pg_temp.id('of 500'), 4)$$, 'and is sold again, whole');

-- Sold or held? Truly, in every status.
select pg_temp.ticket_type(501, 'event', 'ten', 10);
select pg_temp.open('six', 'held', '{ten}', '{6}');
select pg_temp.open('two', 'processing', '{ten}', '{2}');
create function pg_temp.refusal(p_quantity bigint) returns text language plpgsql as $$
begin
    perform app.inventory_take(501, pg_temp.id('ten'), p_quantity);
    raise exception using errcode = 'UNDO1';
exception when sqlstate 'UNDO1' or sqlstate 'BX011' or sqlstate 'BX012' then
    return sqlstate;
end $$;
select pg_temp.begin('p', 'two');
select is(pg_temp.refusal(n), s, says) from (values
    (2, 'UNDO1', 'ten less eight held: two can be had'),
    (3, 'BX012', 'three are held in part: they may come back'),
    (10, 'BX012', 'all ten, if all come back'),
    (11, 'BX011', 'eleven never, whatever comes back')) v (n, s, says);
select pg_temp.settle('p', 'succeeded', 2);
select is(pg_temp.refusal(n), s, says) from (values
    (2, 'UNDO1', 'two are sold: two can still be had'),
    (8, 'BX012', 'and with six that are held, eight'),
    (9, 'BX011', 'nine are sold out')) v (n, s, says);
select pg_temp.open('last', 'held', '{ten}', '{2}');
select is(pg_temp.refusal(1), 'BX012', 'nothing left, but eight are held');
update app.orders set status = 'paid', paid_at = now() where id in (pg_temp.id('six'), pg_temp.id('last'));
select is(pg_temp.refusal(1), 'BX011', 'all are sold: sold out is said only when it is true');
select throws_ok($$select pg_temp.open('twice', 'held', '{balcony,ten}', '{1,1}')$$, 'BX011', null, 'an order for several types is refused whole');
select is(pg_temp.remaining('balcony'), 40::bigint, 'and holds nothing of the others');

-- An organizer changes the quantity.
create function pg_temp.change(p_type text, p_quantity bigint) returns void language sql as $$
    select app.ticket_type_update(501, pg_temp.id('event'), pg_temp.id(p_type), null, jsonb_build_object('quantity', p_quantity), 'tester', 'request') $$;
select is(pg_temp.buckets('balcony'), '{20,20}', 'forty in two buckets');
select pg_temp.change('balcony', 45);
select is(pg_temp.buckets('balcony'), '{23,22}', 'five more are spread over them');
select pg_temp.open('three', 'held', '{balcony}', '{3}');
select pg_temp.change('balcony', 3);
select is(pg_temp.remaining('balcony'), 0::bigint, 'down to what is held is allowed');
select throws_ok($$select pg_temp.change('balcony', 2)$$, 'BX022', null, 'below it is not');
select is((select quantity from app.ticket_types where id = pg_temp.id('balcony')), 3::bigint, 'and a refused change leaves the quantity');
select app.order_cancel(501, pg_temp.id('three'), 't', 'r');
select lives_ok($$select pg_temp.change('balcony', 0)$$, 'once they are back, all can be taken away');
select is(pg_temp.remaining('balcony'), 0::bigint, 'to zero');
select pg_temp.change('balcony', 7);
select is(pg_temp.remaining('balcony'), 7::bigint, 'and up again');
select is(pg_temp.refusal(1), 'BX011', 'another type''s are another matter');
select throws_ok($$select pg_temp.ticket_type(501, 'event', 'minus', -1)$$, '23514', null, 'a type has no fewer than zero');
select throws_ok($$select pg_temp.ticket_type(501, 'event', 'many', 10000001)$$, '23514', null, 'nor more than ten million');

-- The account of it all: quantity = remaining + what live orders hold.
select is_empty($$
    select t.name, t.quantity, pg_temp.remaining(t.name), coalesce(h.n, 0) from app.ticket_types t
    left join (select l.type_id, sum(l.quantity) as n from app.order_lines l join app.orders o on (o.org, o.id) = (l.org, l.order_id)
        where o.status not in ('expired', 'cancelled') group by 1) h on h.type_id = t.id
    where t.org = 501 and t.name !~ '^of ' and t.quantity <> pg_temp.remaining(t.name) + coalesce(h.n, 0)$$,
    'every ticket is left, or stands in a live order');

select * from finish();
rollback;
