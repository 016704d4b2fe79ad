-- Proves that what a gateway tells is kept once for ever, is worked on by one
-- at a time under a lease, ends as applied, ignored or buried, and is looked
-- at again when an operator wants it. By playing gateways and daemons in one
-- session; t/sql/640 plays them in several.
begin;
select no_plan();
\ir lib/shop.sql

create function pg_temp.take(p_event text, p_gateway text default 'nmi', p_payload bytea default '\x01020304aa', p_recovered boolean default false) returns boolean
    language sql as $$ select app.webhook_take(p_event, p_gateway, 'type of ' || p_event, p_payload, p_recovered) $$;
create function pg_temp.claim(p_event text, p_daemon text, p_gateway text default 'nmi', p_lease bigint default 60000, p_bury int default 3) returns text
    language sql as $$
    select attempts || case state when 'buried' then ' buried' else '' end
    from app.webhooks_claim(array[p_event], array[p_gateway], p_lease, pg_temp.id(p_daemon), p_bury) $$;
create function pg_temp.again(p_event text, p_daemon text, p_delay bigint default 0, p_gateway text default 'nmi', p_bury int default 3) returns boolean
    language sql as $$ select app.webhook_again(p_event, p_gateway, pg_temp.id(p_daemon), p_delay, 'why', p_bury) $$;
create function pg_temp.done(p_event text, p_daemon text, p_state text default 'applied', p_gateway text default 'nmi') returns void
    language sql as $$ select app.webhooks_done(array[p_event], array[p_gateway], pg_temp.id(p_daemon), array[p_state], '{note}') $$;
create function pg_temp.event(p_event text, p_gateway text default 'nmi') returns app.webhook_events language sql as $$
    select w from app.webhook_events w where event_id = p_event and gateway = p_gateway $$;
create function pg_temp.age(p_event text, p_by interval) returns void language sql as $$
    update app.webhook_events set due_at = due_at - p_by where event_id = p_event $$;

-- Kept.
select is(pg_temp.take('a'), true, 'an event is new');
select results_eq($$select type, payload, recovered, state, attempts, note, leased_until, lease, settled_at, due_at <= clock_timestamp(), received_at = due_at
    from app.webhook_events$$,
    $$values ('type of a', '\x01020304aa'::bytea, false, 'received', 0, null::text, null::timestamptz, null::uuid, null::timestamptz, true, true)$$,
    'it is kept as it came, due at once');
create temp table kept as select * from app.webhook_events;
select is(pg_temp.take('a', p_payload => '\xff', p_recovered => true), false, 'the same again is not new');
select results_eq('select * from app.webhook_events', 'select * from kept', 'and changes nothing of it');
select is(pg_temp.take('a', 'stripe', '\x05060708bb', true), true, 'another gateway''s event of that id is another event');
select results_eq($$select gateway, recovered from app.webhook_get('a')$$, $$values ('nmi', false), ('stripe', true)$$, 'each has its own');
select is(pg_temp.take('A') and pg_temp.take('a '), true, 'an id is what it is, to the letter');
delete from app.webhook_events where event_id in ('A', 'a ');
select throws_ok($$select pg_temp.take('')$$, '23514', null, 'an event without an id is refused');
select throws_ok(format($$select pg_temp.take(%L)$$, repeat('x', 256)), '23514', null, 'or with one of 256 characters');
select is(pg_temp.take(repeat('x', 255)), true, 'one of 255 is kept');
select throws_ok($$select pg_temp.take('n', p_payload => null)$$, '23502', null, 'one without a payload is refused');
delete from app.webhook_events where event_id like 'x%';
select ops.clock_advance(86400 * 3);
select is(pg_temp.take('a'), false, 'not even after days is it new');

-- Found, and claimed.
select pg_temp.age('a', '1 min');
select pg_temp.take('b'), pg_temp.age('b', '2 min'), pg_temp.take('later');
update app.webhook_events set due_at = now() + interval '1 hour' where event_id = 'later';
select results_eq('select * from app.webhooks_due(10)', $$values ('b', 'nmi', 5, 0), ('a', 'nmi', 5, 0), ('a', 'stripe', 5, 0)$$, 'due events are found, the longest due first');
select results_eq('select event_id from app.webhooks_due(1)', $$values ('b')$$, 'as many as are asked for');
select results_eq($$select * from app.webhooks_claim('{a,later,nobody}', '{nmi,nmi,nmi}', 60000, pg_temp.id('one'), 3)$$,
    $$values ('a', 'nmi', 'type of a', '\x01020304aa'::bytea, 1, 'received')$$, 'a daemon claims what is due of them, with all that it must know');
select results_eq($$select lease, leased_until > clock_timestamp() + '55 s' and leased_until <= clock_timestamp() + '60 s', attempts from pg_temp.event('a')$$,
    $$values (pg_temp.id('one'), true, 1)$$, 'under a lease');
select is(pg_temp.claim('a', 'two'), null, 'another gets nothing');
select is(pg_temp.claim('later', 'two'), null, 'nor one that is not due');
select is(pg_temp.claim('a', 'two', 'stripe'), '1', 'but another gateway''s');
select is(pg_temp.claim('nobody', 'two'), null, 'and nothing of an event that is not there');
select results_eq('select event_id from app.webhooks_due(10)', $$values ('b')$$, 'what is leased is not due');
select is((pg_temp.event('later')).attempts, 0, 'and looking at it counts for nothing');

-- Done.
select pg_temp.done('a', 'two');
select is((pg_temp.event('a')).state, 'received', 'who does not hold the lease can''t end it');
select is(pg_temp.again('a', 'two'), false, 'nor give it back');
select is((pg_temp.event('a')).lease, pg_temp.id('one'), 'it stays with its holder');
select pg_temp.done('a', 'one');
select results_eq($$select state, note, settled_at between now() and clock_timestamp(), lease, leased_until from pg_temp.event('a')$$,
    $$values ('applied', 'note', true, null::uuid, null::timestamptz)$$, 'its holder ends it');
select is((pg_temp.event('a', 'stripe')).state, 'received', 'and no other gateway''s');
select pg_temp.done('a', 'one', 'ignored');
select is(pg_temp.again('a', 'one'), false, 'nobody ends it again,');
select is((pg_temp.event('a')).state, 'applied', 'or gives it back');
select is(pg_temp.claim('a', 'three'), null, 'it is not claimed again');
select is(pg_temp.take('a'), false, 'and not kept again');
select is((pg_temp.event('a')).state, 'applied', 'it stays applied');
select pg_temp.done('a', 'two', 'ignored', 'stripe');
select is((pg_temp.event('a', 'stripe')).state, 'ignored', 'what is of no use is ignored');
select pg_temp.claim('b', 'one');
select throws_ok($$select pg_temp.done('b', 'one', 'forgotten')$$, '23514', null, 'there is no other end');
select throws_ok($$select pg_temp.done('b', 'one', null)$$, '23502', null, 'and not none');

-- Many at once.
select pg_temp.take('m1'), pg_temp.take('m1', 'stripe'), pg_temp.take('m2'), pg_temp.take('m2', 'stripe');
select set_eq($$select event_id, gateway from app.webhooks_claim('{m1,m2}', '{nmi,stripe}', 60000, pg_temp.id('one'), 3)$$,
    $$values ('m1', 'nmi'), ('m2', 'stripe')$$, 'a set is claimed, and no other gateway''s events of these ids');
select app.webhooks_done('{m2,m1,m1}', '{stripe,nmi,stripe}', pg_temp.id('one'), '{ignored,applied,applied}', '{second,first,not mine}');
select results_eq($$select event_id, gateway, state, note from app.webhook_events where event_id like 'm_' order by 1, 2$$,
    $$values ('m1', 'nmi', 'applied', 'first'), ('m1', 'stripe', 'received', null), ('m2', 'nmi', 'received', null),
    ('m2', 'stripe', 'ignored', 'second')$$, 'and ends, each in its own way');
delete from app.webhook_events where event_id like 'm_';

-- Again, to the grave.
select is(pg_temp.again('b', 'one', 90000), false, 'a failure comes again');
select results_eq($$select state, note, lease, leased_until, attempts, due_at > clock_timestamp() + '85 s'
    and due_at <= clock_timestamp() + '90 s' from pg_temp.event('b')$$,
    $$values ('received', 'why', null::uuid, null::timestamptz, 1, true)$$, 'after its delay, with its reason');
select is(pg_temp.claim('b', 'one'), null, 'not before');
select pg_temp.age('b', '10 min');
select is(pg_temp.claim('b', 'one') || ' ' || pg_temp.again('b', 'one'), '2 false', 'the second failure too');
select is(pg_temp.claim('b', 'one') || ' ' || pg_temp.again('b', 'one'), '3 true', 'the third buries it');
select results_eq($$select state, note, settled_at between now() and clock_timestamp(), lease from pg_temp.event('b')$$, $$values ('buried', 'why', true, null::uuid)$$,
    'with its reason');
select is(pg_temp.claim('b', 'one'), null, 'a buried event is not claimed');
select is_empty('select * from app.webhooks_due(10)', 'nor found');
select is(pg_temp.take('b'), false, 'and not new when it comes again');

-- A dead worker's.
select pg_temp.take('c'), pg_temp.claim('c', 'dead', p_lease => 30);
select is(pg_temp.claim('c', 'two'), null, 'a dead worker''s event is held until its lease is over');
select pg_sleep(0.05);
select is(pg_temp.claim('c', 'two'), '2', 'then another gets it');
select pg_temp.done('c', 'dead');
select is(pg_temp.again('c', 'dead'), false, 'the dead one, back again, can''t give it back');
select is((pg_temp.event('c')).state || (pg_temp.event('c')).lease, 'received' || pg_temp.id('two'), 'nor end it');
update app.webhook_events set leased_until = now() - interval '1 s' where event_id = 'c';
select pg_temp.age('c', '1 min');
select results_eq('select event_id from app.webhooks_due(10)', $$values ('c')$$, 'one whose worker died is found');
select is(pg_temp.claim('c', 'three'), '3', 'and tried');
update app.webhook_events set leased_until = now() - interval '1 s' where event_id = 'c';
select is(pg_temp.claim('c', 'four'), '3 buried', 'one whose workers keep dying is buried, and told once');
select is(pg_temp.claim('c', 'five'), null, 'and no more');
select results_eq($$select state, note, attempts from pg_temp.event('c')$$, $$values ('buried', 'its workers died', 3)$$, 'it says why');
select pg_temp.done('c', 'three');
select is((pg_temp.event('c')).state, 'buried', 'the last one, back again, can''t end it');

-- Replayed.
select is(app.webhook_replay(e, 'nmi'), true, 'an operator wants it again: one that is ' || (pg_temp.event(e)).state) from unnest('{a,b,c}'::text[]) e;
select is(app.webhook_replay('a', 'resend'), false, 'one that is not there can''t be');
select results_eq($$select event_id, state, attempts, settled_at, lease from app.webhook_events where event_id in ('a', 'b', 'c') and gateway = 'nmi' order by 1$$,
    $$select e, 'received', 0, null::timestamptz, null::uuid from unnest('{a,b,c}'::text[]) e$$, 'it begins anew');
select pg_temp.age(e, '1 min') from unnest('{a,b,c}'::text[]) e;
select results_eq($$select event_id from app.webhooks_due(10) order by 1$$, $$values ('a'), ('b'), ('c')$$, 'and is due');
select is((pg_temp.event('a', 'stripe')).state, 'ignored', 'no other gateway''s is');
select pg_temp.claim('a', 'one'), app.webhook_replay('a', 'nmi');
select pg_temp.done('a', 'one');
select is((pg_temp.event('a')).state, 'received', 'whoever was at it was asked before: it is looked at once more');
select is(pg_temp.claim('a', 'two'), '1', 'by the next');
select pg_temp.done('a', 'two');

-- Listed.
delete from app.webhook_events where event_id = 'later';
update app.webhook_events set received_at = now() - interval '1 hour' where event_id = 'a';
select set_eq($$select event_id, gateway from app.webhooks_list(null, null, null, 10)$$, $$values ('a', 'nmi'), ('a', 'stripe'), ('b', 'nmi'), ('c', 'nmi')$$,
    'all are listed');
select results_eq($$select event_id from app.webhooks_list(null, 'nmi', null, 10) offset 2$$, $$values ('a')$$, 'the newest first');
select results_eq($$select event_id, gateway from app.webhooks_list('applied', null, null, 10)$$, $$values ('a', 'nmi')$$, 'by state');
select results_eq($$select event_id from app.webhooks_list(null, 'stripe', null, 10)$$, $$values ('a')$$, 'by gateway');
select results_eq($$select event_id, gateway from app.webhooks_list(null, null, true, 10)$$, $$values ('a', 'stripe')$$, 'those that never arrived');
select is((select count(*) from app.webhooks_list(null, null, null, 2)), 2::bigint, 'as many as are asked for');
select results_eq($$select * from app.webhooks_missing('nmi', '{z,a,y,b}') order by 1$$, $$values ('y'), ('z')$$, 'what a gateway lists and we have not');
select results_eq($$select * from app.webhooks_missing('stripe', '{a,b}')$$, $$values ('b')$$, 'is asked for each gateway');
select is_empty($$select * from app.webhooks_missing('nmi', '{}')$$, 'an empty list misses nothing');

-- Sealed anew.
create function pg_temp.sealed(p_other bytea, p_after text, p_limit int) returns text language sql as $$
    select string_agg(event_id || '/' || gateway, ' ' order by event_id, gateway) from app.webhooks_sealed(p_other, p_after, p_limit) $$;
select is(pg_temp.sealed('\x01020304', '', 10), 'a/stripe', 'those under another key');
select is(pg_temp.sealed('\x09090909', '', 10), 'a/nmi a/stripe b/nmi c/nmi', 'all, for a new one');
select is(pg_temp.sealed('\x09090909', '', 1), 'a/nmi a/stripe', 'a batch leaves out none that has its last one''s id');
select is(pg_temp.sealed('\x09090909', 'a', 1), 'b/nmi', 'the next one goes on');
select is(pg_temp.sealed('\x09090909', 'c', 10), null, 'to the end');
select results_eq('select key_id, webhooks, answers from ops.sealed_by()', $$values ('\x01020304'::bytea, 3::bigint, 0::bigint), ('\x05060708', 1, 0)$$,
    'how much is under which');
create temp table old as select * from app.webhook_events where event_id = 'b';
select app.webhook_reseal('b', 'nmi', '\x00', '\x09090909bb');
select is((pg_temp.event('b')).payload, '\x01020304aa'::bytea, 'a payload that has changed meanwhile is left');
select app.webhook_reseal('b', 'stripe', '\x01020304aa', '\x09090909bb');
select is((pg_temp.event('b')).payload, '\x01020304aa'::bytea, 'so is another gateway''s');
select app.webhook_reseal('b', 'nmi', '\x01020304aa', '\x09090909bb');
select results_eq($$select to_jsonb(w) - 'payload' from app.webhook_events w where event_id = 'b'$$, $$select to_jsonb(w) - 'payload' from old w$$,
    'nothing else changes,');
select is((pg_temp.event('b')).payload, '\x09090909bb'::bytea, 'when the payload does');
select is(pg_temp.sealed('\x09090909', '', 10), 'a/nmi a/stripe c/nmi', 'and it is done');

-- The same for stored answers.
insert into ops.idempotency (org, principal, key, method, path, body_hash, audience, request_id, run, status, answer, answered_at)
    select o, pg_temp.id('p'), k, 'POST', '/', '\x', 'server', 'r', pg_temp.id('run'), 200, ('\x0102030' || o || 'cc')::bytea, now()
    from unnest('{1,2}'::int[]) o, unnest('{k,l}'::text[]) k;
update ops.idempotency set status = null, answer = null, answered_at = null where org = 2 and key = 'l';
create function pg_temp.answers(p_other bytea, p_org int, p_key text, p_limit int) returns text language sql as $$
    select string_agg(org || key, ' ' order by org, key) from ops.answers_sealed(p_other, p_org, pg_temp.id('p'), p_key, p_limit) $$;
select is(pg_temp.answers('\x09', 0, '', 10), '1k 1l 2k', 'answers, those that are given');
select is(pg_temp.answers('\x01020302', 0, '', 10), '1k 1l', 'under another key');
select is(pg_temp.answers('\x09', 1, 'k', 1), '1l', 'in batches');
select ops.answer_reseal(1, pg_temp.id('p'), 'k', '\x00', '\x09'), ops.answer_reseal(2, pg_temp.id('p'), 'k', '\x01020302cc', '\x01020309cc');
select results_eq('select org, key, answer from ops.idempotency where answer is not null order by 1, 2',
    $$values (1, 'k', '\x01020301cc'::bytea), (1, 'l', '\x01020301cc'), (2, 'k', '\x01020309cc')$$, 'are sealed anew when they are as they were read');

select * from finish();
rollback;
