-- Proves that a payment which succeeds pays its order, issues its tickets,
-- posts one entry and tells the outbox and the audit log in one commit or not
-- at all, and that one which comes to nothing leaves the order as it was. By
-- reading every table after each outcome, and by outcomes that contradict the order.
begin;
select no_plan();
\ir lib/shop.sql

-- On its way.
select pg_temp.open('order', 'processing', '{floor,balcony}', '{2,1}');
select is(pg_temp.remaining('floor') || ' ' || pg_temp.remaining('balcony'), '98 39', 'the order holds its tickets');
select pg_temp.begin('payment', 'order', 17100);
select results_eq($$select state, amount, reference, gateway_transaction, resolved_at, not_founds, lookups, armed_at between now() and clock_timestamp()
    from app.payments where org = 501$$,
    $$values ('sending', 17100::bigint, 'reference of payment', null::text, null::timestamptz, 0, 0, true)$$, 'the attempt is recorded before anything is sent');
select results_eq($$select kind, object_id, business, due_at > clock_timestamp() + '55 s' and due_at <= clock_timestamp() + '60 s' from ops.jobs where org = 501
    and kind in ('payment_lookup', 'order_expire')$$,
    $$values ('payment_lookup', pg_temp.id('payment'), false, true)$$, 'with a look-up by the wall clock as a safety net; the hold can''t expire');
select is((select count(*) from app.tickets), 0::bigint, 'no ticket is issued yet');

-- What contradicts the order is refused, and refused whole.
create temp table before as select (select to_jsonb(o) from app.orders o where id = pg_temp.id('order')) as o,
    (select to_jsonb(p) from app.payments p where id = pg_temp.id('payment')) as p, (select count(*) from ops.audit) as audit;
create function pg_temp.settle_with(p_ids text[], p_codes text[], p_accounts text[], p_amounts bigint[]) returns void language sql as $$
    select app.payment_settle(501, pg_temp.id('payment'), 'succeeded', '100', null, 'gateway 1', 'visa', '4242',
        array(select pg_temp.id(i) from unnest(p_ids) i), p_codes, pg_temp.id('entry'), p_accounts, p_amounts, 1000, 'tester', 'request') $$;
select throws_ok($$select pg_temp.settle('payment', 'succeeded', 3, array[17101, -13501, -1500, -1200, -15000, -900, 15000])$$, 'P0001', null,
    'an entry that clears one cent more than the order''s total');
select throws_ok($$select pg_temp.settle('payment', 'succeeded', 3, array[17099, -13499, -1500, -1200, -15000, -900, 15000])$$, 'P0001', null,
    'or one cent less');
select throws_ok($$select pg_temp.settle('payment', 'succeeded', 3, array[-17100, 13500, 1500, 1200, 15000, 900, -15000])$$, 'P0001', null,
    'or the same the wrong way round');
select throws_ok($$select pg_temp.settle_with('{a,b,c}', '{a,b,c}', '{tax_payable,ticket_revenue}', '{17100,-17100}')$$, 'P0001', null,
    'or no gateway_clearing at all');
select throws_ok($$select pg_temp.settle_with('{a,b,c}', '{a,b,c}', '{}', '{}')$$, 'P0001', null, 'or has no postings');
select throws_ok($$select pg_temp.settle('payment', 'succeeded', 3, array[17100, -13500, -1500, -1200, -15000, -900, 15001])$$, '23514', null,
    'an entry that does not balance');
select throws_ok($$select pg_temp.settle_with('{a,b}', '{a,b}', pg_temp.sale_accounts(), pg_temp.sale_amounts(3))$$, '23502', null, 'fewer tickets than the order has');
select throws_ok($$select pg_temp.settle_with('{a,b,c,d}', '{a,b,c,d}', pg_temp.sale_accounts(), pg_temp.sale_amounts(3))$$, 'P0001', null, 'more tickets');
select throws_ok($$select pg_temp.settle_with('{a,b,c}', '{a,b}', pg_temp.sale_accounts(), pg_temp.sale_amounts(3))$$, '23502', null, 'a ticket without a code');
select throws_ok($$select pg_temp.settle_with('{a,b,c}', '{a,b,a}', pg_temp.sale_accounts(), pg_temp.sale_amounts(3))$$, '23505', null, 'a code twice');
select throws_ok($$select pg_temp.settle_with('{a,b,a}', '{a,b,c}', pg_temp.sale_accounts(), pg_temp.sale_amounts(3))$$, '23505', null, 'a ticket''s id twice');
select results_eq('select o, p, audit from before', $$select (select to_jsonb(o) from app.orders o where id = pg_temp.id('order')),
    (select to_jsonb(p) from app.payments p where id = pg_temp.id('payment')), (select count(*) from ops.audit)$$, 'each left everything as it was');

-- Succeeded.
select pg_temp.settle('payment', 'succeeded', 3);
select results_eq($$select status, paid_at, version, total from app.orders where org = 501 and id = pg_temp.id('order')$$,
    $$values ('paid', ops.now(), 2, 17100::bigint)$$, 'the order is paid now, one version later');
select results_eq($$select state, outcome_code, gateway_transaction, card_brand, card_last4, resolved_at from app.payments where org = 501$$,
    $$values ('succeeded', '100', 'gateway payment', 'visa', '4242', now())$$, 'the attempt knows the gateway''s transaction');
select results_eq($$select line, seat, id, type_id, code, status, array[net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee]
    from app.tickets where org = 501 and order_id = pg_temp.id('order') order by line, seat$$,
    $$values (1, 1, pg_temp.id('payment ticket 1'), pg_temp.id('floor'), 'payment-1', 'valid', '{5000,300,400,0,0,0,0}'::bigint[]),
        (1, 2, pg_temp.id('payment ticket 2'), pg_temp.id('floor'), 'payment-2', 'valid', '{5000,300,400,0,0,0,0}'),
        (2, 1, pg_temp.id('payment ticket 3'), pg_temp.id('balcony'), 'payment-3', 'valid', '{5000,300,400,0,0,0,0}')$$,
    'exactly its tickets are issued, by line and seat, in the order the ids came');
select results_eq($$select id, effect, object_id, order_id, currency, accounts, amounts, occurred_at, recorded_at, reverses from ledger.entries$$,
    $$values (pg_temp.id('entry of payment'), 'sale', pg_temp.id('order'), pg_temp.id('order'), 'USD', pg_temp.sale_accounts(), pg_temp.sale_amounts(3),
        ops.now(), ops.now(), null::uuid)$$, 'one entry is posted');
select results_eq($$select type, object_id, version, body::jsonb, sent_at from ops.outbox where type like 'order.%' or type like 'payment.%'$$,
    $$values ('order.paid', pg_temp.id('order'), 2, jsonb_build_object('order', pg_temp.id('order'), 'event', pg_temp.id('event'), 'guest',
        pg_temp.id('guest of order')),
        null::timestamptz)$$, 'the outbox has order.paid with the order''s version, and ids only');
select results_eq($$select action, object_id, version, actor, request_id from ops.audit where action ~ '^(order|payment)\.' order by action$$,
    $$values ('order.created', pg_temp.id('order'), 1, 'tester', 'request'), ('order.paid', pg_temp.id('order'), 2, 'tester', 'request'),
        ('payment.sending', pg_temp.id('payment'), 1, 'tester', 'request'), ('payment.succeeded', pg_temp.id('payment'), null, 'tester', 'request')$$,
    'each step has its audit row');
select is((select count(*) from ops.jobs where kind in ('payment_lookup', 'order_expire')), 0::bigint, 'no job is left');
select is(pg_temp.remaining('floor') || ' ' || pg_temp.remaining('balcony'), '98 39', 'its tickets stay taken');
select throws_ok($$select pg_temp.settle('payment', 'succeeded', 3)$$, 'BX022', null, 'the same again changes nothing');
select throws_ok($$select app.order_paid(501, pg_temp.id('order'), '{}', '{}', null, '{gateway_clearing}', '{17100}', 't', 'r')$$, 'P0001', null,
    'nor is a paid order paid by another way');

-- Unknown: nothing is decided.
select pg_temp.sending('u');
select pg_temp.settle('payment u', 'unknown');
select is(pg_temp.status('order u') || ' ' || pg_temp.state('payment u'), 'processing unknown', 'an unknown outcome leaves the order processing');
select is((select resolved_at from app.payments where id = pg_temp.id('payment u')), null, 'and is no resolution');
select results_eq($$select due_at > clock_timestamp() + '55 s' and due_at <= clock_timestamp() + '60 s', business, attempts from ops.jobs
    where org = 501 and kind = 'payment_lookup' and object_id = pg_temp.id('payment u')$$, $$values (true, false, 0)$$, 'the look-up is due after its delay');
update ops.jobs set due_at = clock_timestamp() + '1 day', attempts = 7, buried_at = now() where object_id = pg_temp.id('payment u');
update app.payments set state = 'sending' where id = pg_temp.id('payment u');
select pg_temp.settle('payment u', 'unknown');
select results_eq($$select due_at <= clock_timestamp() + '60 s', attempts, buried_at from ops.jobs where object_id = pg_temp.id('payment u')$$,
    $$values (true, 0, null::timestamptz)$$, 'unknown moves a look-up that is there, and takes it out of the grave');
select is((select count(*) from ops.outbox where object_id in (pg_temp.id('order u'), pg_temp.id('payment u'))), 0::bigint, 'nobody is told');
update app.orders set expires_at = ops.now() - interval '1 hour' where id = pg_temp.id('order u');
select is(app.order_expire(501, pg_temp.id('order u')), true, 'its hold may run out meanwhile:');
select is(pg_temp.status('order u'), 'processing', 'the order keeps its tickets');
select pg_temp.settle('payment u', 'succeeded');
select is(pg_temp.status('order u') || ' ' || (select count(*) from app.tickets where order_id = pg_temp.id('order u')), 'paid 2',
    'and is paid when the look-up finds the charge');

-- Declined, not sent, not found: held again, until the original end of its hold.
select pg_temp.sending(s), pg_temp.settle('payment ' || s, 'unknown') from unnest('{not_found_final}'::text[]) s;
select pg_temp.sending(s) from unnest('{declined,not_sent}'::text[]) s;
create temp table held as select id, expires_at, version from app.orders where id in (select pg_temp.id('order ' || s)
    from unnest('{declined,not_sent,not_found_final}'::text[]) s);
select ops.clock_advance(60);
select pg_temp.settle('payment ' || s, s) from unnest('{declined,not_sent,not_found_final}'::text[]) s;
select results_eq(format($$select o.status, o.version, o.expires_at, o.paid_at from app.orders o where id = pg_temp.id('order %s')$$, s),
    format($$select 'held', version + 1, expires_at, null::timestamptz from held where id = pg_temp.id('order %s')$$,
        s), s || ': the order is held again, its hold no longer than before')
from unnest('{declined,not_sent,not_found_final}'::text[]) s;
select results_eq(format($$select due_at, business from ops.jobs where org = 501 and kind = 'order_expire' and object_id = pg_temp.id('order %s')$$, s),
    format($$select expires_at, true from held where id = pg_temp.id('order %s')$$, s), s || ': with a job at the original end of its hold')
from unnest('{declined,not_sent,not_found_final}'::text[]) s;
select is((select count(*) from ops.jobs where kind = 'payment_lookup'), 0::bigint, 'their look-ups are gone');
select is(pg_temp.remaining('floor'), 90::bigint, 'their tickets are still held');
select is((select count(*) from ledger.entries) || ' ' || (select count(*) from app.tickets), '2 5', 'no entry and no ticket came of them');
select results_eq($$select object_id, version, body::jsonb from ops.outbox where type = 'payment.failed' order by 1$$,
    $$select pg_temp.id('payment ' || s), 1, jsonb_build_object('order', pg_temp.id('order ' || s), 'payment', pg_temp.id('payment ' || s))
    from unnest('{declined,not_sent,not_found_final}'::text[]) s order by 1$$, 'the outbox says payment.failed of each');
select is((select decline_code from app.payments where id = pg_temp.id('payment declined')), 'insufficient_funds', 'a decline says why');

-- A total of zero.
select app.order_open(501, pg_temp.id('free'), pg_temp.id('event'), 'processing', pg_temp.id('guest of free'), null, '{A,a@b.example,a@b.example,"","","",""}', 'USD',
    '{5000,5000,0,0,0,0,0,0,0}', '{}', null, false, 900, array[pg_temp.id('floor')], '{1}', '{5000,5000,5000,0,0,0,0}', '{0,0,0,0,5000,0,0}', 'tester', 'request');
select throws_ok($$select app.order_free(501, pg_temp.id('free'), array[pg_temp.id('t')], '{free-1}', pg_temp.id('free entry'),
    '{gateway_clearing,ticket_revenue}', '{1,-1}', 'tester', 'request')$$, 'P0001', null, 'a free order takes no entry that clears money');
select lives_ok($$select app.order_free(501, pg_temp.id('free'), array[pg_temp.id('t')], '{free-1}', pg_temp.id('free entry'),
    '{ticket_revenue,promo_discounts}', '{-5000,5000}', 'tester', 'request')$$, 'a free order with something to post');
select is(pg_temp.status('free') || ' ' || (select count(*) from ledger.entries where object_id = pg_temp.id('free')), 'paid 1', 'is paid, with its entry');
select app.order_open(501, pg_temp.id('gift'), pg_temp.id('event'), 'processing', pg_temp.id('guest of gift'), null, '{A,a@b.example,a@b.example,"","","",""}', 'USD',
    '{0,0,0,0,0,0,0,0,0}', '{}', null, false, 900, array[pg_temp.id('floor')], '{1}', '{0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0}', 'tester', 'request');
select app.order_free(501, pg_temp.id('gift'), array[pg_temp.id('t2')], '{gift-1}', pg_temp.id('gift entry'), '{}', '{}', 'tester', 'request');
select is(pg_temp.status('gift') || ' ' || (select count(*) from ledger.entries where object_id = pg_temp.id('gift')), 'paid 0',
    'one whose list is zero posts nothing');
select pg_temp.open('costs', 'processing');
select throws_ok($$select app.order_free(501, pg_temp.id('costs'), array[pg_temp.id('c1'), pg_temp.id('c2')], '{c1,c2}', pg_temp.id('ce'), '{}', '{}', 't', 'r')$$,
    'P0001', null, 'an order that costs something is not free');

select is((select sum(a) from ledger.entries, unnest(amounts) a), 0::numeric, 'the books sum to zero');

select * from finish();
rollback;
