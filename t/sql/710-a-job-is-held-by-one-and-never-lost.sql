-- Proves that due work is found and claimed in two steps, comes back when its
-- worker dies, counts its failures to the grave, and is brought back by asking
-- again; business jobs by the business clock, the others by the wall's. By
-- playing two daemons in one session; t/sql/720 plays them in several.
begin;
select no_plan();
\ir lib/shop.sql
delete from ops.jobs;

create function pg_temp.put(p_object text, p_due interval, p_business boolean default false, p_org int default 501, p_kind text default 'work') returns void
    language sql as $$
    select ops.job_put(p_org, p_kind, pg_temp.id(p_object), now() + p_due, p_business, 'request') $$;
create function pg_temp.claim(p_daemon text, p_limit int default 10, p_lease bigint default 60000, p_org int default 501)
returns table (object_id uuid, attempts int) language sql as $$
    select object_id, attempts from ops.job_claim(p_org, p_limit, p_lease, pg_temp.id(p_daemon)) $$;
create function pg_temp.again(p_object text, p_daemon text, p_count boolean, p_delay bigint default 0) returns boolean language sql as $$
    select ops.job_again(501, 'work', pg_temp.id(p_object), pg_temp.id(p_daemon), p_delay, 'why', p_count) $$;
create function pg_temp.job(p_object text) returns ops.jobs language sql as $$ select j from ops.jobs j where org = 501 and kind = 'work'
    and object_id = pg_temp.id(p_object) $$;

-- Step one: who has due work, the longest due first.
select is_empty('select ops.jobs_due_orgs(10)', 'no work, no organizer');
select pg_temp.put('b', '-1 min'), pg_temp.put('a', '-3 min', p_org => 502), pg_temp.put('c', '1 min', p_org => 503), pg_temp.put('d', '-30 s', p_org => 502);
select results_eq('select ops.jobs_due_orgs(10)', 'values (502), (501)', 'organizers with due work, each once, the longest due first');
select results_eq('select ops.jobs_due_orgs(1)', 'values (502)', 'as many as are asked for');

-- Step two: under a lease.
select pg_temp.put('e', '-5 min'), pg_temp.put('later', '1 min');
select results_eq($$select * from pg_temp.claim('one', 1)$$, $$values (pg_temp.id('e'), 1)$$, 'a daemon claims as many as it wants, the longest due first');
select results_eq($$select * from pg_temp.claim('two')$$, $$values (pg_temp.id('b'), 1)$$, 'another gets others, and none that is not due');
select is_empty($$select * from pg_temp.claim('three')$$, 'a third nothing');
select results_eq($$select lease, leased_until > clock_timestamp() + '55 s' and leased_until <= clock_timestamp() + '60 s' from pg_temp.job('e')$$,
    $$values (pg_temp.id('one'), true)$$, 'the lease says whose it is and how long');
select results_eq('select ops.jobs_due_orgs(10)', 'values (502)', 'leased work is not due');
select ops.job_finish(501, 'work', pg_temp.id('e'), pg_temp.id('two'));
select is(pg_temp.again('e', 'two', true), false, 'who does not hold the lease can''t give it back');
select is((pg_temp.job('e')).lease, pg_temp.id('one'), 'nor finish it');
select ops.job_finish(501, 'work', pg_temp.id('e'), pg_temp.id('one'));
select is((pg_temp.job('e')).org, null, 'who holds it finishes it');
select ops.job_finish(501, 'other kind', pg_temp.id('b'), pg_temp.id('two')), ops.job_finish(502, 'work', pg_temp.id('b'), pg_temp.id('two'));
select isnt((pg_temp.job('b')).org, null, 'kind and organizer are part of its name');
select ops.job_finish(501, 'work', pg_temp.id('b'), pg_temp.id('two'));

-- A dead worker's job.
select pg_temp.put('f', '-1 min');
select pg_temp.claim('dead', p_lease => 30);
select is_empty($$select * from pg_temp.claim('two')$$, 'a dead worker''s job is held until its lease is over');
select pg_sleep(0.05);
select results_eq($$select * from pg_temp.claim('two')$$, $$values (pg_temp.id('f'), 2)$$, 'then another gets it, as its second attempt');
select ops.job_finish(501, 'work', pg_temp.id('f'), pg_temp.id('dead'));
select is(pg_temp.again('f', 'dead', true), false, 'the dead one, back again, can''t give it back');
select is((pg_temp.job('f')).lease, pg_temp.id('two'), 'nor finish it');

-- Again: counted or not.
select is(pg_temp.again('f', 'two', false, 90000), false, 'not yet: again later');
select results_eq($$select attempts, business, lease, leased_until, buried_at, last_error, due_at > clock_timestamp() + '85 s'
    and due_at <= clock_timestamp() + '90 s' from pg_temp.job('f')$$,
    $$values (1, false, null::uuid, null::timestamptz, null::timestamptz, 'why', true)$$, '"not yet" does not count, frees it and waits by the wall clock');
update ops.jobs set due_at = now() - interval '1 min' where object_id = pg_temp.id('f');
select is((select count(*) from generate_series(1, 100) i, lateral (select pg_temp.claim('x' || i), pg_temp.again('f', 'x' || i, false) as buried) c
    where c.buried), 0::bigint,
    '"not yet" a hundred times buries nothing');
select is((pg_temp.job('f')).attempts, 1, 'and still counts for nothing');
update ops.jobs set attempts = 19 where object_id = pg_temp.id('f');
select pg_temp.claim('x');
select is(pg_temp.again('f', 'x', false), false, 'not even in a twentieth attempt');
select ops.job_drop(501, 'work', pg_temp.id('f'));

select pg_temp.put('g', '-1 min');
create function pg_temp.fail_until_buried(p_object text) returns int language plpgsql as $$
begin
    for i in 1 .. 100 loop
        perform pg_temp.claim('y');
        if pg_temp.again(p_object, 'y', true) then return i; end if;
    end loop;
    return null;
end $$;
select is(pg_temp.fail_until_buried('g'), 20, 'the twentieth failure buries a job');
select results_eq($$select buried_at is not null, last_error, lease from pg_temp.job('g')$$, $$values (true, 'why', null::uuid)$$, 'with its last error');
update ops.jobs set due_at = now() - interval '1 min' where object_id = pg_temp.id('g');
select is_empty($$select * from pg_temp.claim('one')$$, 'a buried job is not claimed');
select is_empty('select 1 from ops.jobs_due_orgs(10) o where o = 501', 'and makes no organizer due');
select results_eq('select object_id from ops.jobs_list(1)', $$values (pg_temp.id('g'))$$, 'an operator sees it first');

-- Asked for again.
select pg_temp.put('g', '-2 min');
select results_eq($$select buried_at, attempts, due_at from pg_temp.job('g')$$, $$values (null::timestamptz, 0, now() - interval '2 min')$$,
    'asking again takes it out of the grave, from the start');
select results_eq($$select * from pg_temp.claim('one')$$, $$values (pg_temp.id('g'), 1)$$, 'and it is claimed');
select pg_temp.put('g', '-4 min');
select is((select count(*) from ops.jobs where object_id = pg_temp.id('g')), 1::bigint, 'asking twice is asking once');
select is((pg_temp.job('g')).lease, null, 'asking while it is worked on ends the lease');
select ops.job_finish(501, 'work', pg_temp.id('g'), pg_temp.id('one'));
select is((select count(*) from ops.jobs where object_id = pg_temp.id('g')), 1::bigint, 'so what is asked now is not done by the one who was asked before');
select results_eq($$select * from pg_temp.claim('two')$$, $$values (pg_temp.id('g'), 1)$$, 'and is done again');
update ops.jobs set attempts = bury_after, leased_until = now() - interval '1 s' where object_id = pg_temp.id('g');
select isnt((select c.buried_at from ops.job_claim(501, 10, 60000, pg_temp.id('three')) c), null, 'a job whose workers keep dying comes back once more, as buried');
select is_empty($$select * from pg_temp.claim('three')$$, 'and is not handed out for ever');
select isnt((pg_temp.job('g')).buried_at, null, 'but buried');
select is(ops.job_revive(501, 'work', pg_temp.id('g')), true, 'an operator can have it run now');
select results_eq($$select object_id from pg_temp.claim('two')$$, $$values (pg_temp.id('g'))$$, 'whoever held it');
select ops.job_cancel(501, 'work', pg_temp.id('g'), 'operator');
select is(ops.job_revive(501, 'other kind', pg_temp.id('g')), false, 'one that is cancelled is gone');
select is(ops.job_revive(501, 'work', pg_temp.id('g')), true, 'unless an operator asks for it again');
select is(ops.job_revive(501, 'work', pg_temp.id('no such job')), false, 'one that is not there can''t be');
select ops.job_drop(501, 'work', pg_temp.id('g'));
select is((pg_temp.job('g')).org, null, 'work that is no longer needed is dropped');

-- A live worker needs longer.
create function pg_temp.extend(p_object text, p_daemon text, p_ms bigint) returns boolean language sql as $$
    select ops.job_extend(501, 'work', pg_temp.id(p_object), pg_temp.id(p_daemon), p_ms) $$;
select pg_temp.put('h', '-1 min');
select is(pg_temp.extend('h', 'one', 60000), false, 'who does not hold the lease can''t extend it');
select pg_temp.claim('one', p_lease => 1000);
select is(pg_temp.extend('h', 'two', 60000), false, 'nor can another');
select is(pg_temp.extend('h', 'one', 60000), true, 'who holds it can');
select results_eq($$select lease, leased_until > clock_timestamp() + '55 s' and leased_until <= clock_timestamp() + '60 s', attempts from pg_temp.job('h')$$,
    $$values (pg_temp.id('one'), true, 1)$$, 'from now on, and it counts for nothing');
update ops.jobs set leased_until = now() - interval '1 s' where object_id = pg_temp.id('h');
select pg_temp.claim('two');
select is(pg_temp.extend('h', 'one', 60000), false, 'once another has it, it can''t any more');
select is((pg_temp.job('h')).lease, pg_temp.id('two'), 'and the other keeps it');

-- Work that comes round for ever.
select ops.job_ensure(501, 'round', pg_temp.id('i'));
select results_eq($$select due_at <= clock_timestamp(), business, attempts, lease from ops.jobs where kind = 'round'$$, $$values (true, false, 0, null::uuid)$$,
    'work that comes round is due when it is first asked for');
update ops.jobs set due_at = now() + interval '1 hour', lease = pg_temp.id('one'), leased_until = now() + interval '1 min' where kind = 'round';
create temp table round as select * from ops.jobs where kind = 'round';
select ops.job_ensure(501, 'round', pg_temp.id('i'));
select results_eq($$select * from ops.jobs where kind = 'round'$$, 'select * from round', 'one that is there, and held, is left alone');
update ops.jobs set buried_at = now(), attempts = 20 where kind = 'round';
select ops.job_ensure(501, 'round', pg_temp.id('i'));
select results_eq($$select buried_at, attempts, due_at from ops.jobs where kind = 'round'$$, 'select null::timestamptz, 0, due_at from round',
    'but taken out of the grave');

-- Two clocks.
delete from ops.jobs;
select pg_temp.put('by business', '10 min', true), pg_temp.put('by wall', '10 min', false);
select is_empty($$select * from pg_temp.claim('one')$$, 'neither is due');
select is((select quiet from ops.clock_get()), true, 'all is quiet');
select ops.clock_advance(599);
select is_empty($$select * from pg_temp.claim('one')$$, 'nor one second before');
select ops.clock_advance(1);
select is((select quiet from ops.clock_get()), false, 'the business clock makes work due');
select results_eq('select ops.jobs_due_orgs(10)', 'values (501)', 'for step one');
select results_eq($$select object_id from pg_temp.claim('one')$$, $$values (pg_temp.id('by business'))$$, 'and two; only what goes by it');
update ops.jobs set due_at = due_at + interval '1 day' where object_id = pg_temp.id('by business');
select is((select quiet from ops.clock_get()), false, 'work in hand is not quiet, whenever it is due again');
select pg_temp.again('by business', 'one', false, 600000);
select ops.clock_advance(86400);
select is_empty($$select * from pg_temp.claim('one')$$, 'a retry waits by the wall clock, also of a business job');
select is((select quiet from ops.clock_get()), true, 'and what waits by the wall clock is quiet');

-- Done in turns: what one left the next one finds, until it is asked for anew.
create function pg_temp.turn(p_daemon text, p_delay bigint, p_progress text) returns void language sql as $$
    select ops.job_turn(501, 'work', pg_temp.id('turns'), pg_temp.id(p_daemon), p_delay, 'there is more', p_progress) $$;
select pg_temp.put('turns', '-5 min');
select pg_temp.claim('one', 1);
select pg_temp.turn('two', 0, 'stolen');
select is((pg_temp.job('turns')).progress, null, 'who does not hold the lease ends no turn');
select pg_temp.turn('one', 0, 'half');
select is((pg_temp.job('turns')).attempts || (pg_temp.job('turns')).last_error, '0there is more', 'a turn is no failure');
select is((select progress from ops.job_claim(501, 10, 60000, pg_temp.id('two')) where object_id = pg_temp.id('turns')), 'half', 'the next one goes on from there');
select pg_temp.turn('two', 3000, 'three quarters');
select is((select quiet from ops.clock_get()), false, 'between turns it is not quiet');
update ops.jobs set due_at = due_at + '90 s' where object_id = pg_temp.id('turns');
select is((select quiet from ops.clock_get()), true, 'but while the next one is long off');
select is(pg_temp.again('turns', 'two', false), false, 'and nobody holds it');
select pg_temp.put('turns', '-5 min');
select is((pg_temp.job('turns')).progress, null, 'asked for again it begins anew');

select * from finish();
rollback;
