-- Proves that a promo code's uses, budget and uses by guest are taken to the last
-- and given back whole, and that a change of its limits counts what is used. By
-- taking, giving and changing in one session; races are in t/sql/550 and 560.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 1000 where type_id = pg_temp.id('floor');

create function pg_temp.uses(p_code text) returns bigint[] language sql as $$
    select array_agg(uses order by bucket) from app.promo_buckets where org = 501 and promo_id = pg_temp.id(p_code) $$;
create function pg_temp.budget(p_code text) returns bigint[] language sql as $$
    select array_agg(budget order by bucket) from app.promo_buckets where org = 501 and promo_id = pg_temp.id(p_code) $$;
create function pg_temp.left_of(p_code text) returns text language sql as $$
    select coalesce(sum(uses)::text, 'any') || ' ' || coalesce(sum(budget)::text, 'any') from app.promo_buckets
    where org = 501 and promo_id = pg_temp.id(p_code) $$;
create function pg_temp.fill(p_code text, p_uses bigint[], p_budget bigint[]) returns void language sql as $$
    update app.promo_buckets set uses = p_uses[bucket + 1], budget = p_budget[bucket + 1] where org = 501 and promo_id = pg_temp.id(p_code) $$;
create function pg_temp.guest_uses(p_code text, p_guest text default 'ada') returns bigint language sql as $$
    select uses from app.promo_guests where org = 501 and promo_id = pg_temp.id(p_code) and guest_key = pg_temp.guest_key(p_guest) $$;
create function pg_temp.cancel(p_order text) returns void language sql as $$
    select app.order_cancel(501, pg_temp.id(p_order), 'tester', 'request') $$;
create function pg_temp.set(p_code text, p_uses bigint, p_budget bigint default null) returns void language sql as $$
    select app.promo_buckets_change(501, id, max_redemptions, budget_amount, p_uses, p_budget) from app.promo_codes where id = pg_temp.id(p_code);
    update app.promo_codes set max_redemptions = p_uses, budget_amount = p_budget where org = 501 and id = pg_temp.id(p_code) $$;

-- How a new code's limits are split.
select pg_temp.promo('U' || n, jsonb_build_object('max_redemptions', n, 'budget_amount', 1007)) from unnest('{1,19,20,39,40,41,500,10000000}'::bigint[]) n;
select is(pg_temp.uses('U' || n), b, n || ' uses make these buckets') from (values (1, '{1}'::bigint[]), (19, '{19}'), (39, '{39}'), (40, '{20,20}'),
    (41, '{21,20}'), (500, '{32,32,32,32,31,31,31,31,31,31,31,31,31,31,31,31}')) v (n, b);
select is(pg_temp.left_of('U' || n), n || ' 1007', 'nothing of ' || n || ' is lost in the split') from unnest('{1,19,20,39,40,41,500,10000000}'::bigint[]) n;
select is(pg_temp.budget('U41'), '{504,503}', 'the budget is split with them');
select pg_temp.promo('BUDGET', '{"budget_amount": 5000}');
select is(cardinality(pg_temp.budget('BUDGET')) || ' ' || pg_temp.left_of('BUDGET'), '16 any 5000', 'a code without limit of uses has sixteen');
select pg_temp.promo('ANY', '{"max_per_guest": 50}');
select is(cardinality(pg_temp.uses('ANY')) || ' ' || pg_temp.left_of('ANY'), '16 any any', 'so has one with a limit by guest alone');

-- One bucket that serves use and budget, whichever the random start.
select pg_temp.promo('FIVE', '{"max_redemptions": 100, "budget_amount": 9000, "max_per_guest": 50}');
select pg_temp.fill('FIVE', '{0,5,1,0,9}', '{900,10,200,900,10}');
select pg_temp.open('one', 'held');
select pg_temp.take('one', '{FIVE}', '{150}');
select is(pg_temp.uses('FIVE')::text || pg_temp.budget('FIVE')::text, '{0,5,0,0,9}{900,10,50,900,10}', 'the one bucket that has both serves both');
select pg_temp.open('two', 'held');
select pg_temp.take('two', '{FIVE}', '{1865}');
select is(pg_temp.uses('FIVE')::text || pg_temp.budget('FIVE')::text, '{0,4,0,0,9}{0,0,0,0,5}',
    'when none has, a use comes from one and the budget from several, in ascending order');
select pg_temp.open('three', 'held');
select throws_ok($$select pg_temp.take('three', '{FIVE}', '{6}')$$, 'BX024', null, 'a cent more than is left is refused');
select is(pg_temp.left_of('FIVE'), '13 5', 'and takes nothing');
select lives_ok($$select pg_temp.take('three', '{FIVE}', '{5}')$$, 'what is left is taken, to the last cent');
select pg_temp.open('four', 'held');
select throws_ok($$select pg_temp.take('four', '{FIVE}', '{1}')$$, 'BX024', 'promo code FIVE is used up', 'then it is used up');
select pg_temp.fill('FIVE', '{0,0,0,0,0}', '{9,9,9,9,9}');
select throws_ok($$select pg_temp.take('four', '{FIVE}', '{1}')$$, 'BX024', null, 'so it is without uses, whatever the budget');
select throws_ok($$update app.promo_buckets set uses = uses - 1 where promo_id = pg_temp.id('FIVE')$$, '23514', null, 'no bucket goes below zero, whoever tries');
delete from app.promo_uses where promo_id = pg_temp.id('FIVE');
delete from app.promo_guests where promo_id = pg_temp.id('FIVE');
select pg_temp.fill('FIVE', '{20,20,20,20,20}', '{1800,1800,1800,1800,1800}');

-- To the last, one by one.
do $$ begin
    for i in 1 .. 41 loop perform pg_temp.discounted('of 41, ' || i, 'held', '{U41}', '{24}', 'guest ' || i); end loop;
end $$;
select is(pg_temp.left_of('U41'), '0 23', 'forty-one uses of 41 are taken');
select throws_ok($$select pg_temp.discounted('of 41, 42', 'held', '{U41}', '{0}')$$, 'BX024', null, 'a forty-second is not');
select is((select count(*) from app.promo_uses where promo_id = pg_temp.id('U41')), 41::bigint, 'forty-one slots');
select pg_temp.cancel('of 41, 7');
select is(pg_temp.left_of('U41'), '1 47', 'one that is cancelled comes back with its money');
select lives_ok($$select pg_temp.discounted('of 41, 43', 'held', '{U41}', '{47}', 'guest 43')$$, 'and is used again, whole');

-- Without limits nothing is counted, until there is one.
select pg_temp.promo('BARE');
select pg_temp.discounted('bare ' || n, 'held', '{BARE}', '{700}', guest) from (values (1, 'ada'), (2, 'ada'), (3, 'bob')) v (n, guest);
select pg_temp.cancel('bare 1');
select is((select count(*) from app.promo_guests where promo_id = pg_temp.id('BARE')), 0::bigint, 'a code without limits counts nobody');
create function pg_temp.per_guest(p_limit text) returns int language sql as $$
    select app.promo_update(501, id, version, format('{"max_per_guest": %s}', p_limit)::jsonb, false, 'tester', 'request')
    from app.promo_codes where id = pg_temp.id('BARE') $$;
select pg_temp.per_guest('2');
select is(pg_temp.guest_uses('BARE') || ' ' || pg_temp.guest_uses('BARE', 'bob'), '1 1', 'a first limit counts the slots that guests have');
select pg_temp.discounted('bare 4', 'held', '{BARE}', '{700}');
select throws_ok($$select pg_temp.discounted('bare 5', 'held', '{BARE}', '{700}')$$, 'BX026', null, 'and binds with them');
select pg_temp.per_guest('null');
select pg_temp.discounted('bare 5', 'held', '{BARE}', '{700}');
select pg_temp.cancel('bare ' || n) from generate_series(2, 4) n;
select is(pg_temp.guest_uses('BARE') || ' ' || pg_temp.guest_uses('BARE', 'bob'), '2 1', 'while there is none, nothing is counted again');
select pg_temp.per_guest('1');
select is(pg_temp.guest_uses('BARE') || ' ' || pg_temp.guest_uses('BARE', 'bob'), '1 0', 'a limit that is back counts anew');
select is((select count(*) from ops.broken_promo_counted(10)), 0::bigint, 'which is what slots say');
select pg_temp.discounted('free', 'held', '{ANY}', '{700}');
select pg_temp.discounted('free too', 'held', '{ANY}', '{700}');
select is(pg_temp.left_of('ANY') || ' ' || pg_temp.guest_uses('ANY'), 'any any 2', 'two uses without a limit');
select pg_temp.cancel('free');
select is(pg_temp.left_of('ANY') || ' ' || pg_temp.guest_uses('ANY'), 'any any 1', 'one given back');
select pg_temp.discounted('money', 'held', '{BUDGET}', '{4999}');
select is(pg_temp.left_of('BUDGET'), 'any 1', 'a budget alone is gathered from all sixteen');
select throws_ok($$select pg_temp.discounted('more', 'held', '{BUDGET}', '{2}')$$, 'BX024', null, 'and never exceeded');

-- By guest.
select pg_temp.promo('TWICE', '{"max_per_guest": 2, "max_redemptions": 3}');
select pg_temp.discounted('a1', 'held', '{TWICE}', '{100}');
select pg_temp.discounted('a2', 'held', '{TWICE}', '{100}');
select throws_ok($$select pg_temp.discounted('a3', 'held', '{TWICE}', '{100}')$$, 'BX026', 'promo code TWICE may be used 2 times by one guest', 'twice, and not again');
select is(pg_temp.left_of('TWICE') || ' ' || pg_temp.guest_uses('TWICE'), '1 any 2', 'a refusal counts nothing');
select lives_ok($$select pg_temp.discounted('b1', 'held', '{TWICE}', '{100}', 'bob')$$, 'another guest may');
select throws_ok($$select pg_temp.discounted('a3', 'held', '{TWICE}', '{100}')$$, 'BX024', null, 'used up comes before used too often');
select pg_temp.cancel('a1');
select lives_ok($$select pg_temp.discounted('a3', 'held', '{TWICE}', '{100}')$$, 'what a guest gives back the guest may use again');

-- Codes that are not there, or not any more.
update app.promo_codes set active = false where id = pg_temp.id('TWICE');
select throws_ok($$select pg_temp.discounted('x', 'held', '{TWICE}', '{100}', 'eve')$$, 'BX023', 'promo code TWICE is not valid any more',
    'an inactive code is refused as such, though it is used up');
select throws_ok($$select pg_temp.discounted('x', 'held', '{NOSUCH}', '{100}')$$, 'BX023', null, 'so is one that is not there');
select throws_ok($$select app.promo_take(502, pg_temp.id('free'), array[pg_temp.id('ANY')], '{1}', '{1}', '{ANY}', '{1}', '{0}', '\x00')$$, 'BX023', null,
    'another organizer can''t take ours');

-- Several in one order: places are the caller's, and all or none.
select pg_temp.discounted('stack', 'held', '{HIGH,ANY,FIVE}', '{30,20,10}') from pg_temp.promo('HIGH', '{"max_redemptions": 1}');
select is((select string_agg(code || discount, ' ' order by place) from app.promo_uses where order_id = pg_temp.id('stack')), 'HIGH30 ANY20 FIVE10',
    'slots stand in the order in which the codes apply');
select throws_ok($$select pg_temp.discounted('stack 2', 'held', '{ANY,HIGH,FIVE}', '{30,20,10}')$$, 'BX024', null, 'one that is used up refuses all');
select is(pg_temp.left_of('FIVE') || ' ' || pg_temp.guest_uses('ANY'), '99 8990 2', 'and nothing of the others is taken');
select lives_ok($$select app.promo_take(501, pg_temp.id('free'), '{}', '{}', '{}', '{}', '{}', '{}', null)$$, 'no code, no slot');

-- Given back once, at expiry as at cancel; what is given back by a refund is not given again.
select pg_temp.discounted('hold', 'held', '{FIVE,ANY}', '{40,1}', 'carl');
select ops.clock_advance(1000);
select app.order_expire(501, pg_temp.id('hold'));
select is(pg_temp.status('hold') || ' ' || pg_temp.left_of('FIVE') || ' ' || pg_temp.guest_uses('ANY', 'carl') || ' ' || pg_temp.guest_uses('FIVE', 'carl'),
    'expired 99 8990 0 0', 'a hold that expires gives its slots back');
select pg_temp.cancel('hold');
select is(pg_temp.left_of('FIVE'), '99 8990', 'once');
select is((select count(*) from app.promo_uses where order_id = pg_temp.id('hold')), 2::bigint, 'what they were is still told');
update app.promo_uses set returned_at = ops.now() where order_id = pg_temp.id('stack') and promo_id = pg_temp.id('FIVE');
select app.promo_buckets_change(501, pg_temp.id('FIVE'), null, null, 100, 9000);
update app.promo_guests set uses = uses - 1 where promo_id = pg_temp.id('FIVE') and guest_key = pg_temp.guest_key('ada');
select is(pg_temp.left_of('FIVE'), '100 9000', 'a slot returned by a refund is not counted as used');
select app.promo_give(501, pg_temp.id('stack'));
select is(pg_temp.left_of('FIVE') || ', ' || pg_temp.left_of('HIGH'), '100 9000, 1 any', 'nor given back twice');
select app.promo_retake(501, pg_temp.id('stack'));
select is(pg_temp.left_of('FIVE') || ', ' || pg_temp.left_of('HIGH'), '100 9000, 0 any', 'nor taken again');

-- A late charge: the slots are taken again, or the order does not take it.
create function pg_temp.late(p_order text) returns boolean language sql as $$
    select app.order_retake(501, id, total, 'USD', 'tester', 'request') from app.orders where org = 501 and id = pg_temp.id(p_order) $$;
select is(pg_temp.late('hold') || ' ' || pg_temp.left_of('FIVE') || ' ' || pg_temp.guest_uses('ANY', 'carl'), 'true 99 8960 1', 'a late charge takes the slots again');
select pg_temp.promo('ONE', '{"max_redemptions": 1, "max_per_guest": 1}');
select pg_temp.discounted('first', 'held', '{ONE}', '{100}');
select pg_temp.cancel('first');
select pg_temp.discounted('second', 'held', '{ONE}', '{100}', 'bob');
create temp table was as select pg_temp.remaining('floor') as tickets;
select is(pg_temp.late('first'), false, 'not when somebody else has the last use');
select is(pg_temp.status('first') || ' ' || pg_temp.left_of('ONE') || ' ' || pg_temp.guest_uses('ONE'), 'cancelled 0 any 0', 'which then keeps it');
select is(pg_temp.remaining('floor'), (select tickets from was), 'and no ticket is taken either');
select pg_temp.cancel('second');
select pg_temp.set('ONE', 10);
select pg_temp.discounted('third', 'held', '{ONE}', '{100}');
select is(pg_temp.late('first') || ' ' || pg_temp.left_of('ONE') || ' ' || pg_temp.guest_uses('ONE'), 'false 9 any 1', 'nor when the guest has used it meanwhile');
select pg_temp.cancel('third');
update app.promo_codes set active = false, ends_at = '2020-01-01T00:00:00Z' where id = pg_temp.id('ONE');
select is(pg_temp.late('first') || ' ' || pg_temp.left_of('ONE') || ' ' || pg_temp.guest_uses('ONE'), 'true 9 any 1', 'that the code is over by now does not matter');

-- Limits that change.
select pg_temp.promo('CHANGE', '{"max_redemptions": 100, "budget_amount": 2000}');
select pg_temp.discounted('c' || i, 'held', '{CHANGE}', '{100}', 'guest ' || i) from generate_series(1, 7) i;
select pg_temp.cancel('c7');
select pg_temp.set('CHANGE', 106, 1600);
select is(pg_temp.uses('CHANGE')::text || pg_temp.budget('CHANGE')::text, '{20,20,20,20,20}{200,200,200,200,200}', 'what is left is the limit less live slots, spread evenly');
select pg_temp.set('CHANGE', 6, 600);
select is(pg_temp.left_of('CHANGE'), '0 0', 'down to what is used is allowed');
select throws_ok($$select pg_temp.discounted('c8', 'held', '{CHANGE}', '{0}')$$, 'BX024', null, 'and leaves no use');
select throws_ok($$select pg_temp.set('CHANGE', 5, 600)$$, 'BX022', 'the promo code has been used 6 times: max_redemptions can''t be below that', 'below it is not');
select throws_ok($$select pg_temp.set('CHANGE', null, 599)$$, 'BX022', '600 of the promo code''s budget is spent or held: budget_amount can''t be below that', 'nor with the budget');
select is(pg_temp.left_of('CHANGE'), '0 0', 'a refused change changes nothing');
select pg_temp.set('CHANGE', null);
select is(pg_temp.left_of('CHANGE') || ' ' || cardinality(pg_temp.uses('CHANGE')), 'any any 16', 'limits can be lifted, and there is room for many buyers then');
select pg_temp.discounted('c8', 'held', '{CHANGE}', '{100}');
select pg_temp.cancel('c1');
select pg_temp.set('CHANGE', 20, 601);
select is(pg_temp.left_of('CHANGE'), '14 1', 'and set again: what was used without them counts');
select pg_temp.set('ANY', null);
select is(pg_temp.left_of('ANY'), 'any any', 'no limit stays none');

select is_empty('select * from ops.broken_promo_counted(10)', 'after all of this every slot is counted');
select * from finish();
rollback;
