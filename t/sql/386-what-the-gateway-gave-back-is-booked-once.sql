-- Proves what a record of money given back is to the books: ours, somebody's,
-- one that a restore cut off, one that came to nothing; and that what no order
-- has counts towards what is to be given back. Each verdict by the books that call for it.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 1000 where type_id = pg_temp.id('floor');

create function pg_temp.judge(p_capture text, p_transaction text, p_named text default null, p_declined boolean default false, p_amount bigint default 100)
returns text language plpgsql as $$
declare
    v record;
begin
    delete from ops.jobs where kind in ('payment_lookup', 'refund_send');
    select * into v from app.refund_judge(501, pg_temp.id(p_capture), p_transaction, p_amount, pg_temp.id(p_named), p_declined, 'request');
    return concat_ws(' ', v.verdict, case when v.order_id is not null then 'order' end, (select n from unnest('{refund r,refund s,attempt,lost}'::text[]) n
        where pg_temp.id(n) = v.attempt), case when v.refund = pg_temp.id('refund r') then 'of r' end, v.owed,
        (select string_agg(kind, ' ' order by kind) from ops.jobs where kind in ('payment_lookup', 'refund_send')));
end $$;
create function pg_temp.made(p_capture text, p_attempt text, p_transaction text, p_amount bigint, p_over bigint default 0) returns void language sql as $$
    select app.refund_made(501, pg_temp.id(p_capture), pg_temp.id(p_attempt), null, 'reference of ' || p_attempt, p_transaction, '100', p_amount, p_over, true,
        pg_temp.id('entry of ' || p_attempt), array['gateway_clearing', 'refunds_in_transit'] || (case when p_over > 0 then array['dispute_losses'] else '{}' end),
        array[-p_amount, p_amount - p_over] || (case when p_over > 0 then array[p_over] else '{}'::bigint[] end), null, 'tester', 'request') $$;
create function pg_temp.try(p_state text, p_transaction text default null) returns void language sql as $$
    update app.payments set state = p_state, gateway_transaction = p_transaction where org = 501 and id = pg_temp.id('refund r') $$;

-- A paid order with a refund of ours of 5400.
select pg_temp.sending('a');
select pg_temp.settle('payment a', 'succeeded');
select is(pg_temp.judge('payment a', 'theirs'), 'book order 0', 'nobody knows it: it is booked');
select is(pg_temp.judge('payment a', 'theirs', p_declined => true), 'known order 0', 'it came to nothing: there is nothing to book');
select is(pg_temp.judge('payment a', 'theirs', 'lost'), 'book order lost 0', 'it names a refund that is nowhere: it is booked as that');
select pg_temp.refund('order a', 'refund r', 'payment a ticket 1');
select is(pg_temp.judge('payment a', 'theirs'), 'book order 0', 'one of ours is promised: theirs is booked all the same');
select is(pg_temp.judge('payment a', 'ours', 'refund r'), 'asked order 0 refund_send', 'it names the one that is promised, of another amount: that is sent, and finds it');
select is(pg_temp.judge('payment a', 'ours', 'refund r', p_amount => 5400), 'book order refund r of r 0', 'of its amount: booked as its first attempt, which was cut off');
select is(pg_temp.judge('payment a', 'ours', 'lost', p_amount => 5400), 'book order lost of r 0', 'it names one that is nowhere, of the same amount: a later try of it');
select is(pg_temp.judge('payment a', 'ours', 'lost', p_amount => 5399), 'book order lost 0', 'of another amount: a refund of its own');
select verdict from app.refund_try(501, pg_temp.id('refund r'), pg_temp.id('attempt'), 'reference r', 'reference r2', 60000, 'tester', 'request');
select is(pg_temp.judge('payment a', 'ours', 'refund r'), 'asked order refund r 0 payment_lookup', 'it names one that is sent: that is looked up');
select is(pg_temp.judge('payment a', 'ours', 'lost', p_amount => 5400), 'asked order refund r 0 payment_lookup', 'a later try of it waits for that too');
select is(pg_temp.judge('payment a', 'gateway payment a', p_amount => 11400), 'book order 0', 'a void is not of a refund of a part');
select pg_temp.try('not_found_final');
select is(pg_temp.judge('payment a', 'ours', 'refund r'), 'asked order refund r 0 payment_lookup', 'it names one that was thought not made: that may be it');
select pg_temp.try('declined');
update app.refunds set status = 'failed', ended_at = ops.now() where id = pg_temp.id('refund r');
select is(pg_temp.judge('payment a', 'ours', 'refund r'), 'book order 0', 'it names one that was failed: booked as if somebody had made it');
update app.refunds set status = 'succeeded' where id = pg_temp.id('refund r');
select pg_temp.try('succeeded', 'ours');
select is(pg_temp.judge('payment a', 'ours', 'refund r'), 'known order refund r 0', 'it is booked: it is known');
select is(pg_temp.judge('payment a', 'ours', 'refund r', true), 'asked order refund r 0 payment_lookup', 'and came to nothing since: ours is looked up');
select is(pg_temp.judge('payment a', 'twice', 'refund r'), 'book order 0', 'a second record under its name: booked as if somebody had made it');
update app.payments set external = true where id = pg_temp.id('refund r');
select is(pg_temp.judge('payment a', 'ours', p_declined => true), 'failed order refund r 0', 'somebody''s came to nothing: it is failed here');
select pg_temp.try('declined', 'ours');
select is(pg_temp.judge('payment a', 'ours', p_declined => true), 'known order refund r 0', 'once');
select is(pg_temp.judge('payment a', 'ours'), 'known order refund r 0', 'what came to nothing does not come back');
select pg_temp.try('succeeded');
update app.payments set amount = 11400 where id = pg_temp.id('refund r');
select is(pg_temp.judge('payment a', 'gateway payment a', p_amount => 11400), 'known order refund r 0', 'a void is that of ours which gave all back');
select pg_temp.try('unknown');
select is(pg_temp.judge('payment a', 'gateway payment a', p_amount => 11400), 'asked order refund r 0 payment_lookup', 'or may be');

-- A charge that no order took.
select pg_temp.unplaced('b');
select is(pg_temp.judge('capture b', 'theirs b'), 'book 11400', 'no order has the charge: all of it is owed');
select pg_temp.made('capture b', 'attempt', 'theirs b', 1400);
select is(pg_temp.judge('capture b', 'theirs b'), 'known attempt 10000', 'some of it went back: it is known, and the rest is owed');
select results_eq($$select verdict, amount, whole, tries from app.return_begin(501, pg_temp.id('capture b'), pg_temp.id('back'), 'back', 60000, 't', 'r')$$,
    $$values ('begun', 10000::bigint, false, 0)$$, 'only that is given back, and not by a void');
update app.payments set state = 'declined' where id = pg_temp.id('back');
select pg_temp.made('capture b', 'rest', 'rest', 10500, 500);
select is(pg_temp.state('capture b'), 'voided', 'all of it went back, and more');
select is(pg_temp.judge('capture b', 'more'), 'book 0', 'nothing is owed then');
select results_eq($$select kind, object_id, order_id, amount from app.discrepancies$$,
    $$values ('over_captured', pg_temp.id('rest'), pg_temp.id('order b'), 500::bigint)$$, 'what was too much is told');
select results_eq($$select sum(amounts[array_position(accounts, 'refunds_in_transit')])::bigint, sum(amounts[array_position(accounts, 'dispute_losses')])::bigint
    from ledger.entries where order_id = pg_temp.id('order b')$$, 'values (0::bigint, 500::bigint)', 'and lost');
select is((select count(*) from ops.jobs where kind = 'capture_return' and object_id = pg_temp.id('capture b')), 0::bigint, 'nothing is on its way any more');
select app.payment_settle(501, pg_temp.id('rest'), 'declined', '200', null, 'rest', null, null, null, null, pg_temp.id('unsettled'), pg_temp.unplaced_accounts(),
    array[10500, -10500]::bigint[], 60000, 't', 'r');
select results_eq($$select accounts, amounts from ledger.entries where id = pg_temp.id('unsettled')$$,
    $$values ('{gateway_clearing,refunds_in_transit,dispute_losses}'::text[], '{10500,-10000,-500}'::bigint[])$$, 'it came to nothing: the same accounts back');
select is(pg_temp.state('capture b') || ' ' || app.dispute_owed(501, pg_temp.id('capture b')), 'late_approved 10000', 'and it is owed again');

-- Beyond it, and that fails: nobody is owed anything for it.
select pg_temp.unplaced('d');
select pg_temp.made('capture d', 'all of d', 'all of d', 11400);
select app.refund_made(501, pg_temp.id('capture d'), pg_temp.id('beyond d'), null, 'beyond d', 'beyond d', '100', 1000, 1000, true, pg_temp.id('entry of beyond d'),
    '{gateway_clearing,dispute_losses}', '{-1000,1000}', null, 'tester', 'request');
select app.payment_settle(501, pg_temp.id('beyond d'), 'declined', '200', null, 'beyond d', null, null, null, null, pg_temp.id('unsettled beyond'),
    pg_temp.unplaced_accounts(), '{1000,-1000}', 60000, 't', 'r');
select is(pg_temp.state('capture d') || ' ' || app.dispute_owed(501, pg_temp.id('capture d')), 'voided 0', 'what went back beyond the capture fails: it is not owed');
select is((select count(*) from ops.jobs where kind = 'capture_return' and object_id = pg_temp.id('capture d')), 0::bigint, '... and no job is to give it back');

-- Told of while nobody knew whether the charge was made.
select pg_temp.sending('e'), pg_temp.settle('payment e', 'unknown');
select is((select verdict from app.refund_heard(501, pg_temp.id('payment e'), 'approved', 'gateway payment e', 'early', 100, 'nmi', false, 'request')), 'asked',
    'told of while its charge is unknown: the charge is looked up');
select is((select count(*) from ops.jobs where kind = 'refund_external' and object_id = pg_temp.id('payment e')), 0::bigint, '... and it waits for that');
select pg_temp.settle('payment e', 'succeeded');
select is((select count(*) from ops.jobs where kind = 'refund_external' and object_id = pg_temp.id('payment e')), 1::bigint, '... then it is asked for at once');

-- One of ours that a restore cut off, booked after a dispute had taken the order: it is over, whoever made it.
select pg_temp.sending('c'), pg_temp.settle('payment c', 'succeeded'), pg_temp.dispute('payment c', 'dispute c');
select is(pg_temp.judge('payment c', 'cut c', 'lost', p_amount => 5000), 'book order lost 0', 'one of ours was cut off, and the order is disputed: booked as that');
select app.refund_book(501, pg_temp.id('lost'), pg_temp.id('order c'), '{5000,0,0,0,0,0,0,0,5000}', false, '{0,0,0}', '{}', '{}', false, '{}', 'refunded',
    pg_temp.id('entry lost'), '{refunds_in_transit,dispute_losses}', '{-5000,5000}', false, null, null, 'jobs', 'request');
select app.refund_made(501, pg_temp.id('payment c'), pg_temp.id('lost'), pg_temp.id('lost'), 'reference c', 'cut c', '100', 5000, 5000, false,
    pg_temp.id('settled lost'), '{gateway_clearing,refunds_in_transit}', '{-5000,5000}', null, 'jobs', 'request');
select results_eq($$select object, refund, rest from app.dispute_overs(501, pg_temp.id('order c')) where refund$$,
    $$values (pg_temp.id('lost'), true, 5000::bigint)$$, 'what comes back to the order pays for it, as for somebody''s');

select * from finish();
rollback;
