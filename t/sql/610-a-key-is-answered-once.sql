-- Proves what an Idempotency-Key answers: fresh, replay, open, in progress or
-- reused, and that its answer is stored once. By claiming and finishing keys
-- in one session; t/sql/620 lets two sessions race for one.
begin;
select no_plan();

create function pg_temp.id(text) returns uuid language sql immutable as $$ select md5($1)::uuid $$;
create function pg_temp.claim(p_key text, p_org int default 501, p_principal text default 'principal', p_method text default 'POST', p_path text default '/v1/orders',
    p_hash bytea default '\x01', p_running bigint default 60000, p_object text default 'object',
    p_run uuid default gen_random_uuid())
returns table (verdict text, object_id uuid, status int, answer bytea) language sql as $$
    select * from ops.idem_claim(p_org, pg_temp.id(p_principal), p_key, p_method, p_path, p_hash, 'request', 'server', p_running, pg_temp.id(p_object), p_run) $$;
create function pg_temp.finish(p_key text, p_status int, p_answer bytea) returns void language sql as $$
    select ops.idem_finish(501, pg_temp.id('principal'), p_key, p_status, p_answer) $$;
create temp view nothing as select null::uuid as object_id, null::int as status, null::bytea as answer;

select results_eq($$select * from pg_temp.claim('a')$$, $$select 'fresh', * from nothing$$, 'a new key is fresh');
select results_eq($$select method, path, body_hash, audience, request_id, object_id, status, answer,
    running_until > clock_timestamp() + '55 s' and running_until <= clock_timestamp() + '60 s' from ops.idempotency$$,
    $$values ('POST', '/v1/orders', '\x01'::bytea, 'server', 'request', pg_temp.id('object'), null::int, null::bytea, true)$$,
        'it is stored with its request, and runs for a minute');
select throws_ok($$select * from pg_temp.claim('a')$$, 'BX010', null, 'while the first is running the second is told so');
select throws_ok(format($$select * from pg_temp.claim('a', %s)$$, a), 'BX031', null, 'with another ' || says || ' the key is reused') from (values
    ($$p_method => 'PATCH'$$, 'method'), ($$p_path => '/v1/refunds'$$, 'path'), ($$p_hash => '\x02'$$, 'body')) v (a, says);
select results_eq(format($$select verdict from pg_temp.claim('a', %s)$$, a), $$values ('fresh')$$, 'the same key of another ' || says || ' is another key') from (values
    ($$p_org => 502$$, 'organizer'), ($$p_principal => 'somebody else'$$, 'principal')) v (a, says);
select results_eq($$select verdict from pg_temp.claim('A')$$, $$values ('fresh')$$, 'so is one in capitals');

-- The run ends without an answer: another goes on with the same object.
select pg_temp.finish('a', null, null);
select results_eq($$select verdict, object_id, status from pg_temp.claim('a', p_object => 'another object')$$, $$values ('open', pg_temp.id('object'), null::int)$$,
    'a run that ended without an answer leaves the key open, with what it made');
select throws_ok($$select * from pg_temp.claim('a')$$, 'BX010', null, 'the run that goes on is running in its turn');
select pg_temp.finish('a', null, null);
select throws_ok($$select * from pg_temp.claim('a', p_hash => '\x02')$$, 'BX031', null, 'an open key is reused by another body all the same');

-- A run that dies is given up.
select * from pg_temp.claim('lost', p_run => pg_temp.id('me'));
select results_eq($$select verdict, object_id from pg_temp.claim('lost', p_run => pg_temp.id('me'))$$, $$values ('mine', pg_temp.id('object'))$$,
    'a run that lost the answer to its COMMIT finds its own claim');
select throws_ok($$select * from pg_temp.claim('lost')$$, 'BX010', null, 'another run does not take it for its own');
select * from pg_temp.claim('dead', p_running => 40);
select throws_ok($$select * from pg_temp.claim('dead')$$, 'BX010', null, 'a run that has died is running until its time is over');
select pg_sleep(0.05);
select results_eq($$select verdict from pg_temp.claim('dead')$$, $$values ('open')$$, 'then another may go on');

-- The answer, once.
select pg_temp.finish('a', 201, '\xcafe');
select results_eq($$select status, answer, running_until, answered_at from ops.idempotency where key = 'a' and org = 501 and principal = pg_temp.id('principal')$$,
    $$values (201, '\xcafe'::bytea, null::timestamptz, now())$$, 'the answer is stored, and nobody is at it');
select results_eq($$select * from pg_temp.claim('a', p_object => 'x')$$, $$values ('replay', pg_temp.id('object'), 201, '\xcafe'::bytea)$$, 'it is replayed');
select results_eq($$select * from pg_temp.claim('a', p_object => 'x')$$, $$values ('replay', pg_temp.id('object'), 201, '\xcafe'::bytea)$$, 'as often as it is asked');
select pg_temp.finish('a', 402, '\xbeef');
select pg_temp.finish('a', null, null);
select results_eq($$select * from pg_temp.claim('a', p_object => 'x')$$, $$values ('replay', pg_temp.id('object'), 201, '\xcafe'::bytea)$$,
    'a later answer changes nothing, nor does taking it away');
select throws_ok($$select * from pg_temp.claim('a', p_hash => '\x02')$$, 'BX031', null, 'with another body an answered key is reused');
select pg_temp.finish('a', 201, '\xcafe');
select is((select count(*) from ops.idempotency where org = 502 and status is not null) + (select count(*) from ops.idempotency
    where principal = pg_temp.id('somebody else') and status is not null),
    0::bigint, 'the answer is that key''s only');
select results_eq($$select method, path, audience, request_id, status from ops.idem_get(501, pg_temp.id('principal'), 'a')$$,
    $$values ('POST', '/v1/orders', 'server', 'request', 201)$$, 'idem_get tells whose answer it is');
select is_empty($$select * from ops.idem_get(502, pg_temp.id('principal'), 'none')$$, 'or nothing');

-- Rolled back with the effect.
do $$ begin
    begin
        perform pg_temp.claim('undone');
        raise exception using errcode = 'UNDO1';
    exception when sqlstate 'UNDO1' then null;
    end;
end $$;
select results_eq($$select verdict from pg_temp.claim('undone', p_hash => '\x02')$$, $$values ('fresh')$$,
    'a key whose effect was rolled back is free, also for another body');

select throws_ok(format($$select * from pg_temp.claim(%L)$$, repeat('k', n)), '23514', null, n || ' characters are no key') from unnest('{0,256}'::int[]) n;
select lives_ok(format($$select * from pg_temp.claim(%L)$$, repeat('k', n)), n || ' are one') from unnest('{1,255}'::int[]) n;
select throws_ok($$select pg_temp.finish('dead', 200, null)$$, '23514', null, 'an answer has a status and a body');

select throws_ok($$update ops.idempotency set audience = 'nobody'$$, '23514', null, 'its answer is for a server or a browser');

select * from finish();
rollback;
