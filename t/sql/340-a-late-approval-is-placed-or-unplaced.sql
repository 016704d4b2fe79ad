-- Proves that a charge which was thought not made and turns out to be pays its
-- order where that still takes it, the tickets counted to the last, and is an
-- unplaced capture where it does not; booked once either way. By each state an
-- attempt can end in with each status its order can have by then.
begin;
select no_plan();
\ir lib/shop.sql

-- The attempt of an order for two tickets of floor and one of balcony came to
-- nothing; p_then is what happens to the order; then the gateway has the charge.
create function pg_temp.ended(p_name text, p_state text) returns void language plpgsql as $$
begin
    perform pg_temp.open('order ' || p_name, 'processing', '{floor,balcony}', '{2,1}');
    perform pg_temp.begin('payment ' || p_name, 'order ' || p_name, 17100);
    if p_state = 'not_found_final' then
        perform pg_temp.settle('payment ' || p_name, 'unknown');
    end if;
    perform pg_temp.settle('payment ' || p_name, p_state);
end $$;
-- The gateway has it; its transaction is not the one that it declined with.
create function pg_temp.late(p_name text, p_tickets int default 3, p_clears bigint default null, p_occurred timestamptz default null,
    p_sale bigint[] default null) returns text language sql as $$
    select app.payment_settle(501, pg_temp.id('payment ' || p_name), 'succeeded', '100', null, 'late ' || p_name, 'visa', '4242',
        array(select pg_temp.id('late ' || p_name || ' ticket ' || i) from generate_series(1, p_tickets) i),
        array(select 'late ' || p_name || '-' || i from generate_series(1, p_tickets) i), pg_temp.id('sale of ' || p_name),
        pg_temp.sale_accounts(), coalesce(p_sale, pg_temp.sale_amounts(p_tickets)), 60000, 'tester', 'request', p_occurred,
        pg_temp.id('unplaced of ' || p_name), pg_temp.unplaced_accounts(), (select array[a, -a] from (
            select coalesce(p_clears, amount) as a from app.payments where org = 501 and id = pg_temp.id('payment ' || p_name)) x)) $$;
create function pg_temp.expire(p_name text) returns void language plpgsql as $$
begin
    update app.orders set expires_at = ops.now() where id = pg_temp.id('order ' || p_name);
    perform app.order_expire(501, pg_temp.id('order ' || p_name));
end $$;
create function pg_temp.cancel(p_name text) returns void language sql as $$
    select app.order_cancel(501, pg_temp.id('order ' || p_name), 'tester', 'request') $$;
-- Of a type, so many are left, in one bucket.
create function pg_temp.leave(p_type text, n bigint) returns void language sql as $$
    update app.ticket_buckets set remaining = case bucket when 0 then n else 0 end where org = 501 and type_id = pg_temp.id(p_type) $$;
create function pg_temp.another(p_name text, p_to text) returns void language plpgsql as $$
begin
    perform app.order_pay(501, pg_temp.id('order ' || p_name), 'tester', 'request');
    perform pg_temp.begin('another ' || p_name, 'order ' || p_name, 17100);
    if p_to <> 'sending' then
        perform pg_temp.settle('another ' || p_name, p_to, 3);
    end if;
end $$;
create function pg_temp.event_is(p_status text) returns void language sql as $$ update app.events set status = p_status where id = pg_temp.id('event') $$;
create function pg_temp.left() returns text language sql as $$ select pg_temp.remaining('floor') || ' ' || pg_temp.remaining('balcony') $$;
-- What is there of one order and its attempts: entries with what they clear, tickets, jobs.
create function pg_temp.books(p_name text) returns text language sql as $$
    select coalesce((select string_agg(effect || ' ' || amounts[1], ', ' order by effect) from ledger.entries
            where object_id in (pg_temp.id('order ' || p_name), pg_temp.id('payment ' || p_name))), 'nothing')
        || '; ' || (select count(*) from app.tickets where order_id = pg_temp.id('order ' || p_name))
        || coalesce('; ' || (select string_agg(kind, ' ' order by kind) from ops.jobs where org = 501
            and object_id in (pg_temp.id('order ' || p_name), pg_temp.id('payment ' || p_name))), '') $$;

-- All of it as one line; then it is undone.
create function pg_temp.outcome(p_state text, p_then text) returns text language plpgsql as $$
declare
    v_before text;
    v_said text;
begin
    begin
        perform pg_temp.ended('o', p_state);
        execute p_then;
        v_before := pg_temp.left();
        v_said := pg_temp.late('o');
        if v_said <> pg_temp.state('payment o') then
            raise exception 'it says %, and is %', v_said, pg_temp.state('payment o');
        end if;
        raise exception using errcode = 'UNDO1', message = concat_ws('; ', v_said || ' ' || coalesce(pg_temp.status('order o'), 'gone'),
            v_before || ' -> ' || pg_temp.left(), pg_temp.books('o'));
    exception when sqlstate 'UNDO1' then
        return sqlerrm;
    end;
end $$;

create temp table cases (n int generated always as identity, says text, then_ text, outcome text);
insert into cases (says, then_, outcome) values
('held', 'select 1', 'succeeded paid; 98 39 -> 98 39; sale 17100; 3'),
('held, past its end, not expired yet', $$update app.orders set expires_at = ops.now() - interval '1 hour' where id = pg_temp.id('order o')$$,
    'succeeded paid; 98 39 -> 98 39; sale 17100; 3'),
('held, nothing else left', $$select pg_temp.leave('floor', 0), pg_temp.leave('balcony', 0)$$, 'succeeded paid; 0 0 -> 0 0; sale 17100; 3'),
('held, sales paused', $$select pg_temp.event_is('paused')$$, 'succeeded paid; 98 39 -> 98 39; sale 17100; 3'),
('expired', $$select pg_temp.expire('o')$$, 'succeeded paid; 100 40 -> 98 39; sale 17100; 3'),
('cancelled', $$select pg_temp.cancel('o')$$, 'succeeded paid; 100 40 -> 98 39; sale 17100; 3'),
('expired, sales paused', $$select pg_temp.expire('o'), pg_temp.event_is('paused')$$, 'succeeded paid; 100 40 -> 98 39; sale 17100; 3'),
('expired, the last tickets left', $$select pg_temp.expire('o'), pg_temp.leave('floor', 2), pg_temp.leave('balcony', 1)$$,
    'succeeded paid; 2 1 -> 0 0; sale 17100; 3'),
('cancelled, the last tickets left, in crumbs', $$select pg_temp.cancel('o'), pg_temp.leave('floor', 0), pg_temp.leave('balcony', 1);
    update app.ticket_buckets set remaining = 1 where type_id = pg_temp.id('floor') and bucket in (1, 3)$$,
    'succeeded paid; 2 1 -> 0 0; sale 17100; 3'),
('expired, one floor ticket too few', $$select pg_temp.expire('o'), pg_temp.leave('floor', 1)$$,
    'late_approved expired; 1 40 -> 1 40; unplaced_capture 17100; 0; capture_return'),
('expired, the balcony gone', $$select pg_temp.expire('o'), pg_temp.leave('balcony', 0)$$,
    'late_approved expired; 100 0 -> 100 0; unplaced_capture 17100; 0; capture_return'),
('cancelled, one floor ticket too few', $$select pg_temp.cancel('o'), pg_temp.leave('floor', 1)$$,
    'late_approved cancelled; 1 40 -> 1 40; unplaced_capture 17100; 0; capture_return'),
('cancelled, the balcony gone', $$select pg_temp.cancel('o'), pg_temp.leave('balcony', 0)$$,
    'late_approved cancelled; 100 0 -> 100 0; unplaced_capture 17100; 0; capture_return'),
('expired, what is missing held by others', $$select pg_temp.expire('o'), pg_temp.leave('floor', 3), pg_temp.open('other', 'held')$$,
    'late_approved expired; 1 40 -> 1 40; unplaced_capture 17100; 0; capture_return'),
('paid by another attempt', $$select pg_temp.another('o', 'succeeded')$$,
    'late_approved paid; 98 39 -> 98 39; sale 17100, unplaced_capture 17100; 3; capture_return'),
('paid, and some of it given back', $$select pg_temp.another('o', 'succeeded'); update app.orders set status = 'partially_refunded' where id = pg_temp.id('order o')$$,
    'late_approved partially_refunded; 98 39 -> 98 39; sale 17100, unplaced_capture 17100; 3; capture_return'),
('paid, and all of it given back', $$select pg_temp.another('o', 'succeeded'); update app.orders set status = 'refunded' where id = pg_temp.id('order o')$$,
    'late_approved refunded; 98 39 -> 98 39; sale 17100, unplaced_capture 17100; 3; capture_return'),
('being paid by another attempt', $$select pg_temp.another('o', 'sending')$$,
    'late_approved processing; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return'),
('being paid by another attempt, whose end nobody knows', $$select pg_temp.another('o', 'unknown')$$,
    'late_approved processing; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return'),
('held again after another attempt was declined', $$select pg_temp.another('o', 'declined')$$, 'succeeded paid; 98 39 -> 98 39; sale 17100; 3'),
('held, its event cancelled', $$select pg_temp.event_is('cancelled')$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return order_expire'),
('held, its event over', $$select pg_temp.event_is('completed')$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return order_expire'),
('held, its event over by the clock', $$select ops.clock_advance(86400 * 31)$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return order_expire'),
('expired, its event cancelled', $$select pg_temp.expire('o'), pg_temp.event_is('cancelled')$$,
    'late_approved expired; 100 40 -> 100 40; unplaced_capture 17100; 0; capture_return'),
('expired, its event postponed', $$select pg_temp.expire('o'), pg_temp.event_is('postponed')$$,
    'late_approved expired; 100 40 -> 100 40; unplaced_capture 17100; 0; capture_return'),
('cancelled, its event over', $$select pg_temp.cancel('o'), pg_temp.event_is('completed')$$,
    'late_approved cancelled; 100 40 -> 100 40; unplaced_capture 17100; 0; capture_return'),
('cancelled, its event over by the clock', $$select pg_temp.cancel('o'), ops.clock_advance(86400 * 31)$$,
    'late_approved cancelled; 100 40 -> 100 40; unplaced_capture 17100; 0; capture_return'),
('expired, its event over in a second', $$select pg_temp.expire('o'), ops.clock_advance(86400 * 31 - 1)$$,
    'succeeded paid; 100 40 -> 98 39; sale 17100; 3'),
('held, costing a cent more than was charged', $$update app.payments set amount = 17099 where id = pg_temp.id('payment o')$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17099; 0; capture_return order_expire'),
('expired, costing a cent less than was charged', $$select pg_temp.expire('o'); update app.payments set amount = 17101 where id = pg_temp.id('payment o')$$,
    'late_approved expired; 100 40 -> 100 40; unplaced_capture 17101; 0; capture_return'),
('held, in another currency', $$update app.payments set currency = 'EUR' where id = pg_temp.id('payment o')$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return order_expire'),
('gone', $$update app.payments set order_id = null where id = pg_temp.id('payment o')$$,
    'late_approved held; 98 39 -> 98 39; unplaced_capture 17100; 0; capture_return order_expire');
select is(pg_temp.outcome(s, then_), outcome, format('%s, its order %s', s, says)) from cases, unnest('{declined,not_sent,not_found_final}'::text[]) s order by n, s;
select is((select count(*) from app.orders), 0::bigint, 'each was undone');

-- Taken after all: every table.
select pg_temp.ended('a', 'not_sent'), pg_temp.expire('a');
select ops.clock_advance(60);
select is(pg_temp.late('a', p_occurred => ops.now() - interval '30 s'), 'succeeded', 'an expired order is paid late');
select results_eq($$select status, paid_at, version from app.orders where id = pg_temp.id('order a')$$, 'values (''paid'', ops.now(), 5)',
    'by two steps: taken again, and paid');
select results_eq($$select state, outcome_code, decline_code, gateway_transaction, card_last4, resolved_at from app.payments where id = pg_temp.id('payment a')$$,
    $$values ('succeeded', '100', null::text, 'late a', '4242', now())$$, 'the attempt is what the gateway says');
select results_eq($$select id, effect, object_id, order_id, accounts, amounts, occurred_at, recorded_at from ledger.entries$$,
    $$values (pg_temp.id('sale of a'), 'sale', pg_temp.id('order a'), pg_temp.id('order a'), pg_temp.sale_accounts(), pg_temp.sale_amounts(3),
        ops.now() - interval '30 s', ops.now())$$, 'one entry is posted, when the gateway charged');
select results_eq($$select id, code, status from app.tickets where order_id = pg_temp.id('order a') order by line, seat$$,
    $$select pg_temp.id('late a ticket ' || i), 'late a-' || i, 'valid' from generate_series(1, 3) i$$, 'its tickets are issued');
select results_eq($$select action, version, actor, body::jsonb ->> 'was' from ops.audit where object_id in (pg_temp.id('order a'), pg_temp.id('payment a'))
    and action in ('order.retaken', 'order.paid', 'payment.succeeded') order by action collate "C"$$,
    $$values ('order.paid', 5, 'tester', null), ('order.retaken', 4, 'tester', 'expired'), ('payment.succeeded', null, 'tester', 'not_sent')$$,
    'the audit log has what it was');
select results_eq($$select type, version from ops.outbox where object_id in (pg_temp.id('order a'), pg_temp.id('payment a')) order by type collate "C"$$,
    $$values ('order.expired', 3), ('order.paid', 5), ('payment.failed', 1)$$, 'whoever was told that it failed is told that it is paid');
select is((select count(*) from ops.jobs where object_id in (pg_temp.id('order a'), pg_temp.id('payment a'))), 0::bigint, 'no job is left');
select throws_ok($$select pg_temp.late('a')$$, 'BX022', 'the payment is succeeded', 'a second late approval of it is refused');

-- Not taken: every table.
select pg_temp.ended('b', 'declined'), pg_temp.cancel('b'), pg_temp.event_is('cancelled');
create temp table before as select to_jsonb(o) as o, pg_temp.left() as l, (select count(*) from ops.outbox) as told from app.orders o where id = pg_temp.id('order b');
create temp table attempt as select to_jsonb(p) as p, (select count(*) from ops.audit) as audit from app.payments p where id = pg_temp.id('payment b');
select throws_ok(format($$select pg_temp.late('b', p_clears => %s)$$, n), 'P0001', null, 'an unplaced entry that clears ' || n || ' is refused')
from unnest('{17099,17101,-17100}'::bigint[]) n;
select throws_ok($$select app.payment_settle(501, pg_temp.id('payment b'), 'succeeded', '100', null, 'late b', null, null, null, null, null, null,
    null, 60000, 't', 'r')$$,
    'BX022', 'the payment is declined', 'a caller that does not know that it may be late is refused');
select results_eq('select p, audit from attempt',
    $$select to_jsonb(p), (select count(*) from ops.audit) from app.payments p where id = pg_temp.id('payment b')$$, 'each left the attempt as it was');
select is((select count(*) from ledger.entries), 1::bigint, 'with nothing in the books');
select is(pg_temp.late('b', p_occurred => ops.now() + interval '1 hour'), 'late_approved', 'a cancelled order of a cancelled event takes nothing');
select results_eq('select o, l, told from before', $$select to_jsonb(o), pg_temp.left(), (select count(*) from ops.outbox) from app.orders o
    where id = pg_temp.id('order b')$$, 'it stays as it was, no ticket is taken, and nobody is told');
select results_eq($$select effect, object_id, order_id, currency, accounts, amounts, occurred_at from ledger.entries where id = pg_temp.id('unplaced of b')$$,
    $$values ('unplaced_capture', pg_temp.id('payment b'), pg_temp.id('order b'), 'USD', '{gateway_clearing,refunds_in_transit}'::text[],
        '{17100,-17100}'::bigint[], ops.now())$$, 'the money is booked as one to be given back, not later than now');
select results_eq($$select kind, business, due_at <= clock_timestamp() from ops.jobs where object_id in (pg_temp.id('order b'), pg_temp.id('payment b'))$$,
    $$values ('capture_return', false, true)$$, 'by a job that is due at once');
select results_eq($$select action, body::jsonb ->> 'was', body::jsonb ->> 'amount' from ops.audit where object_id = pg_temp.id('payment b')
    and action in ('payment.late_approved', 'capture.unplaced') order by 1$$,
    $$values ('capture.unplaced', null, '17100'), ('payment.late_approved', 'declined', null)$$, 'the audit log has both');
select throws_ok($$select pg_temp.late('b')$$, 'BX022', 'the payment is late_approved', 'a second late approval of it is refused');
select is(pg_temp.books('b'), 'unplaced_capture 17100; 0; capture_return', 'and changes nothing');
select pg_temp.event_is('on_sale');

-- A transaction pays one attempt, and what contradicts the order is refused whole.
select pg_temp.ended('c', 'declined');
select throws_ok($$select app.payment_settle(501, pg_temp.id('payment c'), 'succeeded', '100', null, 'late a', 'visa', '4242', '{}', '{}',
    null, '{}', '{}', 60000, 't', 'r', null, pg_temp.id('unplaced c'), '{}', '{}')$$, '23505', null, 'a transaction that is another attempt''s');
select throws_ok($$select pg_temp.late('c', 2)$$, 'P0001', null, 'a sale that clears less than the order''s total');
select throws_ok($$select pg_temp.late('c', 2, p_sale => pg_temp.sale_amounts(3))$$, '23502', null, 'fewer tickets than the order has');
select is(pg_temp.status('order c') || ' ' || pg_temp.state('payment c') || '; ' || pg_temp.books('c'), 'held declined; nothing; 0; order_expire',
    'each leaves the order held');

-- Two late approvals, and tickets for one.
select pg_temp.expire('c'), pg_temp.ended('d', 'not_found_final'), pg_temp.expire('d'), pg_temp.leave('floor', 3), pg_temp.leave('balcony', 3);
select is(pg_temp.late('c') || ' ' || pg_temp.late('d'), 'succeeded late_approved', 'of two for the last tickets the first has them');
select is(pg_temp.left() || '; ' || pg_temp.books('c') || '; ' || pg_temp.books('d'),
    '1 2; sale 17100; 3; unplaced_capture 17100; 0; capture_return', 'the second has its money back');

-- Two attempts of one order, both late.
select pg_temp.leave('floor', 10), pg_temp.ended('e', 'declined'), pg_temp.another('e', 'not_sent');
select is(pg_temp.late('e'), 'succeeded', 'of two attempts of one order that turn out to be charged the first pays it');
select pg_temp.settle('another e', 'succeeded', 3);
select is(pg_temp.state('another e') || ' ' || (select count(*) from ledger.entries where order_id = pg_temp.id('order e')), 'late_approved 2',
    'the second is unplaced');

-- Adopted: its record was lost.
create function pg_temp.adopt(p_name text, p_order text, p_amount bigint default 17100, p_org int default 501) returns void language sql as $$
    select app.payment_adopt(p_org, pg_temp.id('payment ' || p_name), pg_temp.id(p_order), 'nmi', 'reference of payment ' || p_name, p_amount, 'USD',
        'jobs', 'request') $$;
select pg_temp.open('order f', 'held', '{floor,balcony}', '{2,1}'), pg_temp.adopt('f', 'order f');
select results_eq($$select state, kind, order_id, amount, gateway, reference, gateway_transaction from app.payments where id = pg_temp.id('payment f')$$,
    $$values ('not_found_final', 'charge', pg_temp.id('order f'), 17100::bigint, 'nmi', 'reference of payment f', null::text)$$,
    'an adopted attempt is one that was thought not made');
select pg_temp.adopt('f', 'order f', 1);
select results_eq($$select p.amount, (select count(*) from ops.audit where object_id = p.id) from app.payments p where id = pg_temp.id('payment f')$$,
    'values (17100::bigint, 1::bigint)', 'adopted once');
select is(pg_temp.late('f') || ' ' || pg_temp.books('f'), 'succeeded sale 17100; 3; refund_external', 'it pays its order, and what was given back of it is looked up');
select pg_temp.adopt('f', 'order f');
select is(pg_temp.state('payment f'), 'succeeded', 'and is not adopted again');
select pg_temp.adopt('g', 'order that is lost too');
select is((select order_id from app.payments where id = pg_temp.id('payment g')), null, 'an order that is lost too is left out');
select is(pg_temp.late('g') || ' ' || pg_temp.books('g'), 'late_approved unplaced_capture 17100; 0; capture_return refund_external', 'its money goes back');
select throws_ok($$select pg_temp.late('g')$$, 'BX022', null, 'once');
select is((select order_id from ledger.entries where object_id = pg_temp.id('payment g')), null, 'under no order');
select throws_ok($$select pg_temp.adopt('h', 'order f', p_org => 503)$$, 'BX003', null, 'an organizer that is lost too is not known');
select lives_ok($$select pg_temp.adopt('i', 'order f', p_org => 502)$$, 'another organizer''s order');
select is((select order_id from app.payments where id = pg_temp.id('payment i')), null, 'is none of its orders');

select is((select sum(a) from ledger.entries, unnest(amounts) a), 0::numeric, 'the books sum to zero');

select * from finish();
rollback;
