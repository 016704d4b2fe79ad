-- Proves that a hold ends in exactly one way (paid, expired or cancelled), only
-- when that is due, and gives back exactly the tickets it held. By calling
-- pay, expire and cancel on an order in every status, before and after its time.
begin;
select no_plan();
\ir lib/shop.sql

-- An order put in a status, past the functions. The four with money have a paid_at.
create function pg_temp.order_in(p_name text, p_status text, p_age interval default '0') returns void language plpgsql as $$
begin
    perform pg_temp.open(p_name, 'held', '{floor,balcony}', '{2,1}');
    update app.orders set status = p_status, expires_at = ops.now() + interval '15 min' - p_age,
        paid_at = case when p_status in ('paid', 'partially_refunded', 'refunded') then ops.now() end where id = pg_temp.id(p_name);
end $$;
create function pg_temp.left() returns text language sql as $$ select pg_temp.remaining('floor') || ' ' || pg_temp.remaining('balcony') $$;
-- The status after a call, and what is left; then all is undone.
create function pg_temp.after(p_status text, p_age interval, p_call text) returns text language plpgsql as $$
declare
    v_now text;
begin
    begin
        perform pg_temp.order_in('o', p_status, p_age);
        execute format(p_call, pg_temp.id('o'));
        raise exception using errcode = 'UNDO1', message = pg_temp.status('o') || ' ' || pg_temp.left();
    exception when sqlstate 'UNDO1' then
        return sqlerrm;
    end;
end $$;

create temp table calls (name text, sql text);
insert into calls values ('order_pay', 'select app.order_pay(501, %L, ''tester'', ''request'')'),
    ('order_cancel', 'select app.order_cancel(501, %L, ''tester'', ''request'')'), ('order_expire', 'select app.order_expire(501, %L)');
create temp table outcomes (n int generated always as identity, status text, call text, age interval, outcome text);
insert into outcomes (status, call, age, outcome) values
    ('held', 'order_pay', '0', 'processing 98 39'),
    ('held', 'order_pay', '14 min 59 s', 'processing 98 39'),
    ('held', 'order_pay', '15 min', 'BX017'),
    ('processing', 'order_pay', '0', 'BX020'),
    ('paid', 'order_pay', '0', 'BX018'),
    ('partially_refunded', 'order_pay', '0', 'BX018'),
    ('refunded', 'order_pay', '0', 'BX018'),
    ('expired', 'order_pay', '0', 'BX017'),
    ('cancelled', 'order_pay', '0', 'BX017'),
    ('held', 'order_cancel', '0', 'cancelled 100 40'),
    ('held', 'order_cancel', '20 min', 'cancelled 100 40'),
    ('processing', 'order_cancel', '0', 'BX020'),
    ('paid', 'order_cancel', '0', 'BX019'),
    ('partially_refunded', 'order_cancel', '0', 'BX019'),
    ('refunded', 'order_cancel', '0', 'BX019'),
    ('expired', 'order_cancel', '0', 'expired 98 39'),
    ('cancelled', 'order_cancel', '0', 'cancelled 98 39'),
    ('held', 'order_expire', '0', 'held 98 39'),
    ('held', 'order_expire', '14 min 59 s', 'held 98 39'),
    ('held', 'order_expire', '15 min', 'expired 100 40'),
    ('processing', 'order_expire', '1 day', 'processing 98 39'),
    ('paid', 'order_expire', '1 day', 'paid 98 39'),
    ('partially_refunded', 'order_expire', '1 day', 'partially_refunded 98 39'),
    ('refunded', 'order_expire', '1 day', 'refunded 98 39'),
    ('expired', 'order_expire', '1 day', 'expired 98 39'),
    ('cancelled', 'order_expire', '1 day', 'cancelled 98 39');
select is((select count(distinct (status, call)) from outcomes), 21::bigint, 'the table has every status with every call');
select case when outcome like 'BX%' then throws_ok(format('select pg_temp.after(%L, %L, %L)', status, age, c.sql), outcome,
    null, format('%s of one that is %s for %s: %s', call, status, age, outcome))
    else is(pg_temp.after(status, age, c.sql), outcome, format('%s of one that is %s for %s: %s', call, status, age, outcome)) end
from outcomes join calls c on c.name = outcomes.call order by n;
select throws_ok(format(sql, pg_temp.id('nobody')), 'BX003', null, name || ' of an order that is not there') from calls where name <> 'order_expire';
select throws_ok(format(replace(sql, '501', '502'), pg_temp.open('theirs', 'held')), 'BX003', null, name || ' of another organizer''s order') from calls
    where name = 'order_pay';
select throws_ok(format(replace(sql, '501', '502'), pg_temp.id('theirs')), 'BX003', null, name || ' of another organizer''s order') from calls
    where name = 'order_cancel';
select throws_ok($$select app.order_release(501, pg_temp.open('p', 'processing'), 'expired', 't', 'r')$$, 'P0001', null, 'only a held order lets its tickets go');
select throws_ok($$select app.order_held_again(501, pg_temp.open('h', 'held'), 't', 'r')$$, 'P0001', null, 'only a processing order is held again');

-- What order_expire answers the job: whether there is nothing left to do.
select is(app.order_expire(501, pg_temp.id('theirs')), false, 'not due yet: the job comes again');
select pg_temp.open('mine', 'held', '{floor,balcony,floor}', '{3,2,4}');
select is(pg_temp.left(), '91 38', 'three lines of two types are held');
select ops.clock_advance(901);
select is(app.order_expire(501, pg_temp.id('mine')), true, 'due: done');
select is(pg_temp.left(), '98 40', 'exactly what its lines held is back, two lines of one type together');
select is(app.order_expire(501, pg_temp.id('mine')), true, 'again: nothing to do');
select is(pg_temp.left(), '98 40', 'and nothing is given back twice');
select lives_ok($$select app.order_cancel(501, pg_temp.id('mine'), 't', 'r')$$, 'a cancel that comes late is no error');
select is(pg_temp.status('mine') || ' ' || pg_temp.left(), 'expired 98 40', 'and changes nothing');
select results_eq($$select action, version from ops.audit where object_id = pg_temp.id('mine') order by version$$,
    $$values ('order.created', 1), ('order.expired', 2)$$, 'the audit log has both ends of the hold');
select results_eq($$select type, version, body::jsonb from ops.outbox where object_id = pg_temp.id('mine')$$,
    $$values ('order.expired', 2, jsonb_build_object('order', pg_temp.id('mine')))$$, 'the outbox its end');
select is((select count(*) from ops.jobs where object_id = pg_temp.id('mine')), 0::bigint, 'its job is gone');

-- Paying takes the expiry away; held again brings it back.
select pg_temp.open('retry', 'held');
select results_eq($$select total, currency from app.order_pay(501, pg_temp.id('retry'), 't', 'r')$$, $$values (11400::bigint, 'USD')$$,
    'order_pay says what is to be charged');
select is((select count(*) from ops.jobs where object_id = pg_temp.id('retry')), 0::bigint, 'an order being paid has no expiry job');
select app.order_held_again(501, pg_temp.id('retry'), 't', 'r');
select results_eq($$select j.due_at = o.expires_at, j.kind from ops.jobs j join app.orders o on o.id = j.object_id where o.id = pg_temp.id('retry')$$,
    $$values (true, 'order_expire')$$, 'one held again has its own');
select is((select version from app.orders where id = pg_temp.id('retry')), 3, 'each step is a version');
select app.order_cancel(501, pg_temp.id('retry'), 't', 'r');
select is((select count(*) from ops.jobs where object_id = pg_temp.id('retry')), 0::bigint, 'a cancelled order has none');

select * from finish();
rollback;
