-- Proves that a charge which no order took is not given back while it is
-- disputed, that what its guest then has by the dispute is not given back a
-- second time, whether the dispute was lost first or a refund failed first, and
-- that it is when the dispute is won after all. Step by step.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 1000 where type_id = pg_temp.id('floor');

create function pg_temp.stand(p_name text) returns text language sql as $$
    select concat_ws(' ', (select state from app.payments where id = pg_temp.id('capture ' || p_name)), 'owed', app.dispute_owed(501, pg_temp.id('capture ' || p_name)),
        (select string_agg(kind, ' ' order by kind) from ops.jobs where object_id = pg_temp.id('capture ' || p_name))) $$;
create function pg_temp.begins(p_name text, p_refund text) returns text language sql as $$
    select verdict || ' ' || amount from app.return_begin(501, pg_temp.id('capture ' || p_name), pg_temp.id(p_refund), p_refund, 60000, 't', 'r') $$;
create function pg_temp.opens(p_name text, p_amount bigint default 11400) returns void language sql as $$
    select app.dispute_seen(501, pg_temp.id('dispute ' || p_name), pg_temp.id('capture ' || p_name), 'nmi', p_name, 'warning', p_amount, 'USD', 'x', null, 't', 'r');
    select app.dispute_opened(501, pg_temp.id('dispute ' || p_name), 'needs_response', array[p_amount, 1500, p_amount, 0, 0, 0, 0, 0, 0, 0], '{0,0,0}', '{}', '{}',
        gen_random_uuid(), '{gateway_clearing,dispute_receivable,dispute_fees}', array[-p_amount - 1500, p_amount, 1500], 't', 'r') $$;
create function pg_temp.ends(p_name text, p_effect text, p_status text, p_accounts text[], p_amounts bigint[]) returns void language sql as $$
    select app.dispute_ended(501, pg_temp.id('dispute ' || p_name), p_effect, p_status, gen_random_uuid(), p_accounts, p_amounts, 't', 'r') $$;
create function pg_temp.had(p_name text, p_amount bigint) returns void language sql as $$
    select app.dispute_return_had(501, pg_temp.id('capture ' || p_name), gen_random_uuid(), '{refunds_in_transit,dispute_losses}',
        array[p_amount, -p_amount], 't', 'r') $$;
create function pg_temp.sum_of(p_account text) returns bigint language sql as $$
    select coalesce(sum(amounts[array_position(accounts, p_account)]), 0)::bigint from ledger.entries $$;

-- Disputed before it could be given back, lost, and won on appeal.
select pg_temp.unplaced('a');
select pg_temp.opens('a');
select is(pg_temp.begins('a', 'refund a'), 'disputed 11400', 'what is disputed is not given back');
select is(pg_temp.stand('a'), 'late_approved owed 11400 capture_return', '... and stays owed');
select is((select order_id from app.disputes where id = pg_temp.id('dispute a')), null, '... of no order');
select is((select amount from app.discrepancies where object_id = pg_temp.id('dispute a') and kind = 'over_captured'), 11400::bigint, '... all of it is told as over');
select pg_temp.ends('a', 'dispute_lost', 'lost', '{dispute_receivable,refunds_in_transit}', '{-11400,11400}');
select is(pg_temp.stand('a'), 'voided owed 0', 'lost: its guest has it');
select is((select had from app.dispute_facts(501, pg_temp.id('capture a'), 'nmi', 'a')), 11400::bigint, '... and the books know by what');
select is(pg_temp.begins('a', 'refund a'), 'done 0', '... nothing goes back');
select is(pg_temp.sum_of('refunds_in_transit') || ' ' || pg_temp.sum_of('dispute_losses'), '0 0', '... and nothing is lost');
select pg_temp.ends('a', 'dispute_reversed', 'under_review', '{dispute_receivable,refunds_in_transit}', '{11400,-11400}');
select pg_temp.ends('a', 'dispute_won', 'won', '{gateway_clearing,dispute_receivable}', '{11400,-11400}');
select is(pg_temp.stand('a'), 'late_approved owed 11400 capture_return', 'won on appeal: it is owed again');
select is(pg_temp.begins('a', 'refund a'), 'begun 11400', '... and goes back');
select pg_temp.settle_refund('refund a', 'succeeded');
select is(pg_temp.stand('a'), 'voided owed 0', '... once');

-- Given back, then disputed and lost, and then the refund fails.
select pg_temp.unplaced('b');
select is(pg_temp.begins('b', 'refund b'), 'begun 11400', 'given back');
select pg_temp.settle_refund('refund b', 'succeeded');
select pg_temp.opens('b');
select pg_temp.ends('b', 'dispute_lost', 'lost', '{dispute_receivable,dispute_losses}', '{-11400,11400}');
select is(pg_temp.stand('b'), 'voided owed 0', '... then disputed, and lost: the guest has it twice');
select is(pg_temp.sum_of('dispute_losses'), 11400::bigint, '... at the platform''s cost');
select app.payment_settle(501, pg_temp.id('refund b'), 'declined', '200', null, null, null, null, null, null, pg_temp.id('failure of b'),
    pg_temp.unplaced_accounts(), '{11400,-11400}', 60000, 't', 'r');
select is(pg_temp.stand('b'), 'late_approved owed 11400 capture_return', 'the refund fails');
select is(pg_temp.begins('b', 'refund b2'), 'had 11400', '... then the guest has it once, by the dispute');
select throws_ok($$select pg_temp.had('b', 11399)$$, 'BX022', null, '... neither less');
select pg_temp.had('b', 11400);
select is(pg_temp.stand('b'), 'voided owed 0', '... and nothing more goes back');
select is(pg_temp.sum_of('dispute_losses') || ' ' || pg_temp.sum_of('refunds_in_transit'), '0 0', '... nor is lost');
select throws_ok($$select pg_temp.had('b', 11400)$$, 'BX022', null, '... and once');
select is((select string_agg(p.name, ' ') from (select substring(proname from 8) as name from pg_proc where proname in ('broken_transit_is_owed',
    'broken_unplaced_is_returned', 'broken_entry_has_object', 'broken_disputes_add_up', 'broken_hold_is_disputed', 'broken_clearing_is_captured')) p
    where (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from ops.broken_%s(10)', p.name), true, true, '')))[1]::text <> '0'), null,
    '... every invariant of it holds');

-- In part: the rest goes back.
select pg_temp.unplaced('c');
select pg_temp.opens('c', 4000);
select pg_temp.ends('c', 'dispute_lost', 'lost', '{dispute_receivable,refunds_in_transit}', '{-4000,4000}');
select is(pg_temp.stand('c'), 'late_approved owed 7400 capture_return', 'a part is disputed and lost: the rest is owed');
select is(pg_temp.begins('c', 'refund c'), 'begun 7400', '... and goes back');
select is((select whole from app.payment_get(501, pg_temp.id('refund c'))), false, '... as a part of the charge');
select pg_temp.settle_refund('refund c', 'succeeded', -7400);
select is(pg_temp.stand('c'), 'voided owed 0', '... once');
select is(pg_temp.begins('c', 'refund c2'), 'done 0', '... and no more');
select pg_temp.ends('c', 'dispute_reversed', 'under_review', '{dispute_receivable,refunds_in_transit}', '{4000,-4000}');
select pg_temp.ends('c', 'dispute_won', 'won', '{gateway_clearing,dispute_receivable}', '{4000,-4000}');
select is(pg_temp.stand('c'), 'late_approved owed 4000 capture_return', 'won on appeal: the part is owed again');
select is(pg_temp.begins('c', 'refund c2'), 'begun 4000', '... and goes back beside what went back before');
select is(pg_temp.begins('c', 'refund c3'), 'waits 4000', '... another waits');
select pg_temp.settle_refund('refund c2', 'not_sent');
select is(pg_temp.begins('c', 'refund c3'), 'begun 4000', '... until that is known not to be made');
select throws_ok($$select pg_temp.settle_refund('refund c2', 'succeeded', -4000)$$, 'BX022', null, '... which it then can''t be');
select pg_temp.settle_refund('refund c3', 'succeeded', -4000);
select is(pg_temp.stand('c') || ' ' || pg_temp.begins('c', 'refund c4'), 'voided owed 0 done 0', '... then all of it is back');
select throws_ok($$select pg_temp.settle_refund('refund c2', 'succeeded', -4000)$$, 'BX022', null, '... and no earlier try takes it a second time');
select is(pg_temp.sum_of('refunds_in_transit'), 0::bigint, '... in the books as well');

select * from finish();
rollback;
