-- Proves that a capture which no order takes is given back once, whatever
-- becomes of the tries, that the books say so in the same commit or not at
-- all, and that each further record of an attempt is such a capture. By each
-- end that a refund can have, what comes after it, and entries that contradict it.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 1000 where type_id = pg_temp.id('floor');

-- The capture, its tries in their order, what the books have of all, the jobs.
create function pg_temp.stand(p_name text) returns text language sql as $$
    select concat_ws('; ', (select state from app.payments where id = pg_temp.id('capture ' || p_name)),
        (select string_agg(state, ' ' order by reference) from app.payments where capture_id = pg_temp.id('capture ' || p_name)),
        (select string_agg(effect || ' ' || amounts[1], ', ' order by effect desc) from ledger.entries e
            where e.object_id = pg_temp.id('capture ' || p_name) or e.object_id in (select id from app.payments where capture_id = pg_temp.id('capture ' || p_name))),
        (select string_agg(kind, ' ' order by kind) from ops.jobs j where j.object_id = pg_temp.id('capture ' || p_name)
            or j.object_id in (select id from app.payments where capture_id = pg_temp.id('capture ' || p_name)))) $$;
create function pg_temp.everything() returns text language sql as $$
    select md5(concat_ws('|', (select string_agg(to_jsonb(p)::text, ',' order by id) from app.payments p),
        (select string_agg(to_jsonb(o)::text, ',' order by id) from app.orders o), (select string_agg(to_jsonb(e)::text, ',' order by id) from ledger.entries e),
        (select count(*) from ops.audit), (select count(*) from ops.outbox), (select string_agg(to_jsonb(j)::text, ',' order by kind, object_id) from ops.jobs j))) $$;

-- A refund from its beginning to its end.
select pg_temp.unplaced('a');
select is(pg_temp.stand('a'), 'late_approved; unplaced_capture 11400; capture_return', 'an unplaced capture waits for its refund');
select results_eq($$select r.* from app.return_begin(501, pg_temp.id('capture a'), pg_temp.id('refund a'), 'reference of refund a', 60000, 'tester', 'request') r$$,
    $$values ('begun', 'nmi', 'gateway capture a', 11400::bigint, true, 'USD', pg_temp.id('order a'), 0)$$, 'it begins with all that its sender must know');
select results_eq($$select kind, capture_id, unplaced, state, amount, currency, gateway, reference, order_id, gateway_transaction, resolved_at
    from app.payments where id = pg_temp.id('refund a')$$,
    $$values ('refund', pg_temp.id('capture a'), true, 'sending', 11400::bigint, 'USD', 'nmi', 'reference of refund a', pg_temp.id('order a'), null::text,
        null::timestamptz)$$, 'and is recorded before anything is sent');
select results_eq($$select business, due_at > clock_timestamp() + '55 s' and due_at <= clock_timestamp() + '60 s' from ops.jobs
    where kind = 'payment_lookup' and object_id = pg_temp.id('refund a')$$, 'values (false, true)', 'with a look-up by the wall clock');
select results_eq($$select kind, order_id, amount, state, whole, capture_transaction from app.payment_get(501, pg_temp.id('refund a'))$$,
    $$values ('refund', pg_temp.id('order a'), 11400::bigint, 'sending', true, 'gateway capture a')$$, 'which knows the charge that it gives back');
select is(pg_temp.give_back('capture a', 'refund a'), 'begun', 'the same again, its commit''s answer lost, goes on with it');
select results_eq($$select count(*), (select count(*) from ops.audit where action = 'payment.refund_sending') from app.payments
    where capture_id = pg_temp.id('capture a')$$, 'values (1::bigint, 1::bigint)', 'and is recorded once');
select is(pg_temp.give_back('capture a', 'refund a2'), 'waits', 'another waits while it is sent');
select is(pg_temp.settle_refund('refund a', 'unknown'), 'unknown', 'nobody knows its end:');
select is(pg_temp.stand('a'), 'late_approved; unknown; unplaced_capture 11400; capture_return payment_lookup', 'nothing is booked, it is looked up');
select is(pg_temp.give_back('capture a', 'refund a2'), 'waits', 'another waits still');
select throws_ok($$insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind, capture_id, unplaced)
    values (501, gen_random_uuid(), pg_temp.id('order a'), 'nmi', 'raw', 11400, 'USD', 'sending', now(), now(), 'refund', pg_temp.id('capture a'), true)$$,
    '23505', null, 'and is not begun by a raw INSERT either');

-- Entries that contradict it: nothing in any table.
create temp table before as select pg_temp.everything() as e;
select throws_ok(format($$select pg_temp.settle_refund('refund a', 'succeeded', %s)$$, n), 'P0001', null, 'an entry that clears ' || n || ' is refused')
from unnest('{-11399,-11401,11400}'::bigint[]) n;
select throws_ok($$select app.payment_settle(501, pg_temp.id('refund a'), 'succeeded', '100', null, 'gateway refund a', null, null, null, null, null, null, null,
    60000, 't', 'r')$$, 'P0001', null, 'and no entry');
select throws_ok($$select app.payment_settle(501, pg_temp.id('refund a'), 'succeeded', '100', null, 'gateway refund a', null, null, null, null,
    pg_temp.id('e'), '{gateway_clearing,refunds_in_transit}', '{-11400,11399}', 60000, 't', 'r')$$, '23514', null, 'and one that does not balance');
select throws_ok($$select app.payment_settle(501, pg_temp.id('refund a'), 'succeeded', '100', null, 'gateway refund a', null, null, null, null,
    pg_temp.id('entry of capture a'), '{gateway_clearing,refunds_in_transit}', '{-11400,11400}', 60000, 't', 'r')$$, '23505', null,
    'and one whose id is taken');
select is(pg_temp.everything(), e, 'each left every table as it was') from before;

-- Succeeded.
select ops.clock_advance(60);
select is(app.payment_settle(501, pg_temp.id('refund a'), 'succeeded', '100', null, 'gateway refund a', null, null, null, null, pg_temp.id('entry of refund a'),
    '{gateway_clearing,refunds_in_transit}', '{-11400,11400}', 60000, 'tester', 'request', ops.now() - interval '30 s'), 'succeeded', 'the look-up finds it');
select is(pg_temp.stand('a'), 'voided; succeeded; unplaced_capture 11400, refund_settled -11400', 'the money is back, the capture voided, no job left');
select results_eq($$select id, object_id, order_id, currency, accounts, amounts, occurred_at, recorded_at from ledger.entries where effect = 'refund_settled'$$,
    $$values (pg_temp.id('entry of refund a'), pg_temp.id('refund a'), pg_temp.id('order a'), 'USD', '{gateway_clearing,refunds_in_transit}'::text[],
        '{-11400,11400}'::bigint[], ops.now() - interval '30 s', ops.now())$$, 'by one entry, when the gateway gave it back');
select is(pg_temp.status('order a') || ' ' || pg_temp.state('payment a'), 'paid succeeded', 'the order and its charge are as they were');
select results_eq($$select action, object_id, actor, body::jsonb ->> 'was' from ops.audit where action ~ 'refund_|voided' order by action collate "C", body collate "C"$$,
    $$values ('payment.refund_sending', pg_temp.id('refund a'), 'tester', null), ('payment.refund_succeeded', pg_temp.id('refund a'), 'tester', 'unknown'),
        ('payment.refund_unknown', pg_temp.id('refund a'), 'tester', 'sending'), ('payment.voided', pg_temp.id('capture a'), 'tester', null)$$,
    'each step has its audit row');
select is((select count(*) from ops.outbox where object_id in (pg_temp.id('refund a'), pg_temp.id('capture a'))), 0::bigint, 'and no guest is told');
select is(pg_temp.give_back('capture a', 'refund a2'), 'done', 'another is not begun');
select throws_ok($$select pg_temp.settle_refund('refund a', 'succeeded')$$, 'BX022', 'the payment is succeeded', 'and it does not succeed twice');

-- Tries that came to nothing: another begins, and only one counts.
create function pg_temp.came_to_nothing(p_name text, p_refund text, p_end text) returns void language plpgsql as $$
begin
    perform pg_temp.give_back('capture ' || p_name, p_refund);
    if p_end = 'not_found_final' then
        perform pg_temp.settle_refund(p_refund, 'unknown');
    end if;
    perform pg_temp.settle_refund(p_refund, p_end);
end $$;
create temp table ends as select e from unnest('{declined,not_sent,not_found_final}'::text[]) e;
select pg_temp.unplaced(e), pg_temp.came_to_nothing(e, e || ' 1', e) from ends;
select is(pg_temp.stand(e), 'late_approved; ' || e || '; unplaced_capture 11400; capture_return',
    'a refund that is ' || e || ': nothing is booked, the job stays') from ends;
select results_eq(format($$select verdict, tries from app.return_begin(501, pg_temp.id('capture %1$s'), pg_temp.id('%1$s 2'), 'reference of %1$s 2', 60000,
    't', 'r')$$, e),
    $$values ('begun', 1)$$, e || ': another begins, as the second') from ends;
select throws_ok(format($$select pg_temp.settle_refund('%s 1', 'succeeded')$$, e), 'BX022', 'the payment is ' || e,
    e || ': the first, found later while the second is under way, must wait for its end') from ends;
select is(pg_temp.settle_refund(e || ' 2', 'not_sent'), 'not_sent', e || ': the second is not sent') from ends;
select is(pg_temp.settle_refund(e || ' 1', 'succeeded'), 'succeeded', e || ': the first is found to have been made') from ends;
select is(pg_temp.stand(e), 'voided; succeeded not_sent; unplaced_capture 11400, refund_settled -11400', e || ': its entry is booked, no job is left') from ends;
select throws_ok(format($$select pg_temp.settle_refund('%s 2', 'succeeded')$$, e), 'BX022', null,
    e || ': the second can''t be found to have been made too') from ends;
select is(pg_temp.give_back('capture ' || e, e || ' 3'), 'done', e || ': a third is not begun') from ends;

-- Found later when the capture has its money back by another.
select pg_temp.unplaced('b'), pg_temp.came_to_nothing('b', 'b 1', 'declined'), pg_temp.came_to_nothing('b', 'b 2', 'not_sent'),
    pg_temp.give_back('capture b', 'b 3'), pg_temp.settle_refund('b 3', 'succeeded');
select is(pg_temp.stand('b'), 'voided; declined not_sent succeeded; unplaced_capture 11400, refund_settled -11400', 'the third try gives it back');
select throws_ok(format($$select pg_temp.settle_refund('b %s', 'succeeded')$$, n), 'BX022', null, 'try ' || n || ', found later, does not count again')
from unnest('{1,2}'::int[]) n;

-- What is no unplaced capture is not given back.
select pg_temp.sending('c');
select is(pg_temp.give_back('payment c', 'refund c'), 'done', 'an attempt that is sending');
select pg_temp.settle('payment c', 'unknown');
select is(pg_temp.give_back('payment c', 'refund c'), 'done', 'or unknown');
select pg_temp.settle('payment c', 'succeeded');
select is(pg_temp.give_back('payment c', 'refund c'), 'done', 'a charge that pays its order');
select is(pg_temp.give_back('b 1', 'refund c'), 'done', 'a refund');
select throws_ok($$select pg_temp.give_back('nobody', 'refund c')$$, '23502', null, 'one that is not there');
select is((select count(*) from app.payments where id = pg_temp.id('refund c')), 0::bigint, 'nothing of it begins');
select pg_temp.unplaced('d');
select throws_ok($$select * from app.return_begin(502, pg_temp.id('capture d'), pg_temp.id('refund d'), 'd', 60000, 't', 'r')$$, '23502', null,
    'nor of another organizer''s');
select throws_ok($$select app.return_begin(501, pg_temp.id('capture d'), pg_temp.id('refund d'), 'reference of b 1', 60000, 't', 'r')$$, '23505', null,
    'a reference is used once');

-- While the books are compared with the gateway nothing is sent; what was is taken in.
select pg_temp.unplaced('e'), pg_temp.give_back('capture e', 'refund e');
select ops.epoch_renew(true);
select throws_ok($$select pg_temp.give_back('capture d', 'refund d')$$, 'BX040', null, 'no refund begins in a recovery');
select is(pg_temp.stand('d'), 'late_approved; unplaced_capture 11400; capture_return', 'it waits');
select is(pg_temp.give_back('capture e', 'refund e2') || ' ' || pg_temp.give_back('capture a', 'refund a2'), 'waits done', 'what is under way or done is told');
select is(pg_temp.settle_refund('refund e', 'succeeded'), 'succeeded', 'what was under way is taken in');
select ops.recovery_end('tester');
select is(pg_temp.give_back('capture d', 'refund d'), 'begun', 'and then it begins');

-- Second records of an attempt.
select pg_temp.sending('f'), pg_temp.settle('payment f', 'succeeded');
select is(pg_temp.second('payment f', 'f 1'), true, 'another approved record of an attempt is new');
select results_eq($$select kind, capture_id, unplaced, state, amount, currency, gateway, order_id, gateway_transaction, resolved_at is not null from app.payments
    where id = pg_temp.id('f 1')$$,
    $$values ('charge', pg_temp.id('payment f'), false, 'late_approved', 11400::bigint, 'USD', 'nmi', pg_temp.id('order f'), 'gateway f 1', true)$$,
    'a capture of its own, that names the attempt');
select results_eq($$select effect, object_id, order_id, currency, amounts from ledger.entries where id = pg_temp.id('entry of f 1')$$,
    $$values ('unplaced_capture', pg_temp.id('f 1'), pg_temp.id('order f'), 'USD', '{11400,-11400}'::bigint[])$$, 'booked at once');
select is((select count(*) from ops.jobs where kind = 'capture_return' and object_id = pg_temp.id('f 1')), 1::bigint, 'and given back by a job');
update before set e = pg_temp.everything();
select is(pg_temp.second('payment f', 'f 1'), false, 'the same again is not new');
select is(app.capture_second(501, pg_temp.id('payment f'), pg_temp.id('f 2'), 'another reference', 'gateway f 1', 11400, 'USD', '100', null, null,
    pg_temp.id('f 2 entry'), pg_temp.unplaced_accounts(), '{11400,-11400}', 't', 'r'), false, 'nor under another id and reference');
select is(app.capture_second(501, pg_temp.id('payment f'), pg_temp.id('f 2'), 'another reference', 'gateway payment f', 11400, 'USD', '100', null, null,
    pg_temp.id('f 2 entry'), pg_temp.unplaced_accounts(), '{11400,-11400}', 't', 'r'), false, 'the attempt''s own record is none');
select is(app.capture_second(501, pg_temp.id('nobody'), pg_temp.id('f 2'), 'another reference', 'gateway f 2', 11400, 'USD', '100', null, null,
    pg_temp.id('f 2 entry'), pg_temp.unplaced_accounts(), '{11400,-11400}', 't', 'r'), false, 'and nobody''s is none');
select throws_ok($$select pg_temp.second('payment f', 'f 2', 100, p_clears => 99)$$, 'P0001', null, 'an entry that does not clear it is refused');
select throws_ok($$select app.capture_second(501, pg_temp.id('payment f'), pg_temp.id('f 2'), 'another reference', 'gateway f 2', 0, 'USD', '100', null, null,
    pg_temp.id('f 2 entry'), pg_temp.unplaced_accounts(), '{0,0}', 't', 'r')$$, '23514', null, 'and a record of nothing');
select is(pg_temp.everything(), e, 'each left every table as it was') from before;
select is(pg_temp.second('payment f', 'f 2', 5), true, 'a record of another amount is booked as it is');
select is(pg_temp.second('payment f', 'f 3', 11400, 'EUR'), true, 'one in another currency too');
select results_eq($$select amounts, currency from ledger.entries where id in (pg_temp.id('entry of f 2'), pg_temp.id('entry of f 3')) order by 2$$,
    $$values ('{11400,-11400}'::bigint[], 'EUR'), ('{5,-5}', 'USD')$$, 'in the gateway''s words');
select is(pg_temp.state('payment f') || ' ' || pg_temp.status('order f'), 'succeeded paid', 'the attempt and its order are as they were');
select is(pg_temp.give_back('f 3', 'refund f 3'), 'begun', 'each is given back by itself');
select is(pg_temp.give_back('f 2', 'refund f 2'), 'begun', 'beside the others');
select throws_ok($$select pg_temp.settle_refund('refund f 2', 'succeeded')$$, 'P0001', null, 'by its own amount');
select is(pg_temp.settle_refund('refund f 2', 'succeeded', -5) || ' ' || pg_temp.settle_refund('refund f 3', 'succeeded'), 'succeeded succeeded', 'all of it');
select is(pg_temp.state('f 1') || ' ' || pg_temp.state('f 2') || ' ' || pg_temp.state('f 3'), 'late_approved voided voided', 'and no other');
select is(pg_temp.second('payment f', 'f 2', 5), false, 'a record that was given back is not new');

-- Of attempts in every state, and of one without an order.
create function pg_temp.second_of(p_state text) returns text language plpgsql as $$
begin
    perform pg_temp.sending('s ' || p_state);
    update app.payments set state = p_state where id = pg_temp.id('payment s ' || p_state);
    perform pg_temp.second('payment s ' || p_state, 'second of ' || p_state);
    return pg_temp.state('second of ' || p_state) || ' ' || pg_temp.state('payment s ' || p_state) || ' ' || pg_temp.status('order s ' || p_state);
end $$;
select is(pg_temp.second_of(s), 'late_approved ' || s || ' processing', 'of an attempt that is ' || s || ', which stays so')
from unnest('{sending,unknown,succeeded,declined,not_sent,not_found_final,late_approved,voided}'::text[]) s;
select app.payment_adopt(501, pg_temp.id('strange'), null, 'nmi', 'strange', 700, 'USD', 't', 'r');
select is(pg_temp.second('strange', 'strange 2', 800), true, 'of an attempt without an order');
select is(pg_temp.give_back('strange 2', 'refund of strange 2') || ' ' || pg_temp.settle_refund('refund of strange 2', 'succeeded', -800), 'begun succeeded',
    'it goes back too');
select is((select count(*) from ledger.entries where order_id is null), 2::bigint, 'booked under no order');

-- What is not over is listed.
select set_eq('select id, state from app.payments_open(1000)', $$select id, state from app.payments where state in ('sending', 'unknown', 'late_approved')$$,
    'an operator sees the attempts that are not over, and the captures whose money is not back');
select is((select count(*) from app.payments_open(2)), 2::bigint, 'as many as are asked for');

-- Whose a transaction is, before an operator says it of a payment.
select is(app.payment_of_transaction(501, pg_temp.id(mine), transaction), pg_temp.id(other), format('%s of %s: %s', transaction, mine, coalesce(other, 'free')))
from (values ('payment f', 'gateway f 2', 'f 2'), ('f 2', 'gateway f 2', null), ('refund f 2', 'gateway f 2', null), ('refund f 3', 'gateway f 2', 'f 2'),
    ('f 2', 'gateway refund f 2', 'refund f 2'), ('payment f', 'nobody''s', null), ('nobody', 'gateway f 2', null)) as v (mine, transaction, other);
update app.payments set gateway = 'stripe' where id = pg_temp.id('payment f');
select is(app.payment_of_transaction(501, pg_temp.id('payment f'), 'gateway f 2'), null, 'another gateway''s are its own');

-- What the sum of all is.
select is((select sum(a) from ledger.entries, unnest(amounts) a), 0::numeric, 'the books sum to zero');
select is((select -sum(amounts[2]) from ledger.entries where effect in ('unplaced_capture', 'refund_settled') and accounts[2] = 'refunds_in_transit'),
    (select sum(amount)::numeric from app.payments where kind = 'charge' and state = 'late_approved' and id in (select object_id from ledger.entries)),
    'refunds_in_transit is what is still to be given back');

-- A refund that was accepted and failed afterwards: its entry is reversed, and the money is owed again.
select pg_temp.unplaced('later'), pg_temp.give_back('capture later', 'refund later'), pg_temp.settle_refund('refund later', 'succeeded');
select throws_ok($$select pg_temp.settle_refund('refund later', 'declined', -11400)$$, 'P0001', null, 'an entry that is not the reverse is refused');
create function pg_temp.fail_later(p_refund text, p_entry text) returns text language sql as $$
    select app.payment_settle(501, pg_temp.id(p_refund), 'declined', '100', null, 'gateway ' || p_refund, null, null, null, null,
        pg_temp.id(p_entry), pg_temp.unplaced_accounts(), '{11400,-11400}', 60000, 'tester', 'request') $$;
select is(pg_temp.fail_later('refund later', 'entry of the failure'), 'declined', 'a refund that succeeded can fail');
select is(pg_temp.stand('later'), 'late_approved; declined; unplaced_capture 11400, refund_unsettled 11400, refund_settled -11400; capture_return',
    'then its entry is reversed, the capture stands unplaced, and its job is there');
select results_eq($$select reverses, object_id, amounts from ledger.entries where effect = 'refund_unsettled'$$,
    $$values (pg_temp.id('entry of refund later'), pg_temp.id('refund later'), '{11400,-11400}'::bigint[])$$, 'the entry says what it reverses');
select throws_ok($$select pg_temp.fail_later('refund later', 'again')$$, 'BX022', null, 'it fails once');
select is(pg_temp.give_back('capture later', 'refund later 2') || ' ' || pg_temp.settle_refund('refund later 2', 'succeeded'), 'begun succeeded',
    'and another gives it back');
select is(pg_temp.state('capture later'), 'voided', 'at last');

select * from finish();
rollback;
