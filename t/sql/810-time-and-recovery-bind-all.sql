-- Proves that the business clock moves forward only and everything dated by
-- business follows it while the wall's does not, and that under a new epoch no
-- charge begins until the recovery has ended. By moving the clock and the epoch.
begin;
select no_plan();
\ir lib/shop.sql

select is(ops.now(), now(), 'an installation''s business clock starts as the wall''s');
select ops.clock_advance(3600);
select is(ops.now(), now() + interval '1 hour', 'it moves by seconds');
select ops.clock_advance(0);
select ops.clock_advance(86400 * 400);
select is(ops.now(), now() + interval '1 hour' + interval '34560000 s', 'and adds up');
select is((select at from ops.clock_get()), ops.now(), 'clock_get says the same');
select throws_ok('select ops.clock_advance(-1)', 'BX001', null, 'never back');
select throws_ok($$update ops.test_clock set "offset" = '-1 s'$$, '23514', null, 'not even by hand');
select throws_ok('insert into ops.test_clock (one) values (true)', '23505', null, 'there is one clock');
select throws_ok('insert into ops.test_clock (one) values (false)', '23514', null, 'and only one');

select pg_temp.event(501, 'later event');
select is((select created_at from app.events where id = pg_temp.id('later event')), ops.now(), 'what is made is dated by it');
select is((select event_status from app.order_snapshot(501, pg_temp.id('event'), '{}')), 'completed', 'an event whose end has passed by it is over');
select is((select event_status from app.order_snapshot(501, pg_temp.id('later event'), '{}')), 'draft', 'a later one is not');
select is(app.event_complete(501, pg_temp.id('event')), true, 'and its job completes it');
select is((select status from app.events where id = pg_temp.id('event')), 'completed', 'for good');

-- Sale windows.
update app.events set status = 'on_sale' where id = pg_temp.id('later event');
select pg_temp.ticket_type(501, 'later event', 'window', 10);
update app.ticket_types set sales_start_at = ops.now() + interval '10 s', sales_end_at = ops.now() + interval '20 s' where id = pg_temp.id('window');
create function pg_temp.window_open() returns boolean language sql as $$ select window_open from app.order_snapshot(501, pg_temp.id('later event'),
    array[pg_temp.id('window')]) $$;
select is(pg_temp.window_open(), false, 'a sale has not begun before its start');
select ops.clock_advance(10);
select is(pg_temp.window_open(), true, 'it has at its start');
select ops.clock_advance(9);
select is(pg_temp.window_open(), true, 'and is open to the last second');
select ops.clock_advance(1);
select is(pg_temp.window_open(), false, 'it is over at its end');

-- Credentials go by the wall clock: moving the clock of a test locks nobody out.
select app.credential_create(sha256('a'), pg_temp.id('token'), 'token', 'guest', 501, pg_temp.id('guest'), 'guest', null, 60, null, 't', 'r');
select ops.clock_advance(86400);
select is((select id from app.credential_find(sha256('a'))), pg_temp.id('token'), 'a token of a minute lives on when the business clock has moved by a day');
select is((select id from app.credential_find(sha256('b'))), null, 'one that was never made does not');
update app.credentials set expires_at = now() - interval '1 s' where id = pg_temp.id('token');
select is((select id from app.credential_find(sha256('a'))), null, 'nor one that has expired by the wall clock');

-- The epoch.
create temp table old as select epoch, house from ops.house_get();
select is((select recovering from ops.house_get()), false, 'a new installation is not recovering');
select pg_temp.ticket_type(501, 'later event', 'seat', 100);
create function pg_temp.start(p_name text) returns void language plpgsql as $$
begin
    perform pg_temp.open('order ' || p_name, 'processing', '{seat}', '{2}', 'later event');
    perform pg_temp.begin('payment ' || p_name, 'order ' || p_name);
end $$;
select pg_temp.start('before');
select isnt(ops.epoch_renew(true), (select epoch from old), 'a restore renews the epoch');
select results_eq('select recovering, epoch <> (select epoch from old) from ops.house_get()', 'values (true, true)', 'and everybody can see it');
select is((select house from ops.house_get()), house, 'the installation is the same for ever') from old;
select throws_ok($$select pg_temp.start('during')$$, 'BX040', null, 'no charge begins meanwhile');
select is((select count(*) from app.payments), 1::bigint, 'nothing of it is written');
select is(pg_temp.remaining('seat'), 98::bigint, 'and no ticket held');
select lives_ok($$select pg_temp.settle('payment before', 'succeeded')$$, 'what was under way is still taken in');
select lives_ok($$select pg_temp.open('reserved', 'held', '{seat}', '{1}', 'later event')$$, 'tickets may be held');
create temp table renewed as select epoch from ops.house_get();
select ops.recovery_end('tester');
select results_eq('select epoch, recovering from ops.house_get()', 'select epoch, false from renewed', 'the end of the recovery keeps the epoch');
select results_eq($$select org, actor, object_id from ops.audit where action = 'recovery.ended'$$, $$select 0, 'tester', epoch from renewed$$, 'and says who ended it');
select lives_ok($$select pg_temp.start('after')$$, 'and charges begin again');
select throws_ok('insert into ops.epoch (one) values (false)', '23514', null, 'there is one epoch');

-- From when a gateway's list is compared with ours.
select is(ops.sweep_since(3600), ops.now() - interval '1 hour', 'a sweep looks back by seconds of the business clock');
select is(ops.sweep_since(0), ops.now(), 'or none');
delete from ops.audit where action in ('epoch.renewed', 'recovery.ended');
create temp table ended as select max(recorded_at) as at from ops.audit;
select is(ops.sweep_since(null), at - interval '1 day', 'after a restore it looks back to a day before the books end') from ended;
select ops.clock_advance(86400 * 30), ops.epoch_renew(true);
select is(ops.sweep_since(null), at - interval '1 day', 'however long ago that is, and though the recovery itself writes into them') from ended;
select ops.clock_advance(60), ops.epoch_renew(false), ops.epoch_renew(true);
select is(ops.sweep_since(null), at - interval '1 day', 'nor does an operator who begins it again shorten that') from ended;
select ops.clock_advance(60), ops.recovery_end('tester');
select ops.clock_advance(86400), ops.epoch_renew(false);
select ops.clock_advance(60), ops.epoch_renew(true);
select is(ops.sweep_since(null), at + interval '30 days 2 min', 'a later restore counts from the books that it restored') from ended;
delete from ops.audit where action in ('epoch.renewed', 'recovery.ended');
update ops.audit set recorded_at = recorded_at + interval '1 year';
select is(ops.sweep_since(null), ops.now() - interval '1 day', 'never from a time to come');
delete from ops.audit;
select is(ops.sweep_since(null), ops.now() - interval '1 day', 'books that are empty end now');

select * from finish();
rollback;
