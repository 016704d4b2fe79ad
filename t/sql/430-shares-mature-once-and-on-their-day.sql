-- Proves that what an order has pending and in reserve becomes available once,
-- as a whole and on its day: calendar days in the event's zone after its end and
-- after the charge, by the order's own policy. By dates worked out by hand on
-- days when clocks change, and by moving the business clock over them.
begin;
select no_plan();
\ir lib/shop.sql

-- --- the dates ----------------------------------------------------------------

select pg_temp.sending('dated');
select pg_temp.settle('payment dated', 'succeeded');
create function pg_temp.dates(p_zone text, p_ends timestamptz, p_charged timestamptz, p_policy text, p_heard interval default '0') returns text
language plpgsql as $$
begin
    update ledger.entries set occurred_at = p_charged where object_id = pg_temp.id('order dated');
    update app.events set time_zone = p_zone, starts_at = p_ends - interval '2 h', ends_at = p_ends, status = 'completed'
    where org = 501 and id = pg_temp.id('event');
    update app.orders set paid_at = p_charged + p_heard, policy = p_policy where org = 501 and id = pg_temp.id('order dated');
    return (select to_char(matures_at at time zone 'UTC', 'MM-DD HH24:MI') || ', ' || to_char(releases_at at time zone 'UTC', 'MM-DD HH24:MI')
        from app.order_dates(501, pg_temp.id('order dated')));
end $$;
create temp table cases (ord int generated always as identity, says text, zone text, ends timestamptz, charged timestamptz, policy text, expect text);
insert into cases (says, zone, ends, charged, policy, expect) values
('days in UTC', 'UTC', '2026-12-10 20:00Z', '2026-12-01 10:00Z', pg_temp.policy(3, 0, 30), '12-13 20:00, 01-09 20:00'),
('no day at all: the end itself', 'UTC', '2026-12-10 20:00Z', '2026-12-01 10:00Z', pg_temp.policy(0, 0, 0), '12-10 20:00, 12-10 20:00'),
('the charge''s days end later', 'UTC', '2026-12-10 20:00Z', '2026-12-09 10:00Z', pg_temp.policy(3, 14, 30), '12-23 10:00, 01-09 20:00'),
('a release is never before maturity', 'UTC', '2026-12-10 20:00Z', '2026-12-09 10:00Z', pg_temp.policy(3, 14, 5), '12-23 10:00, 12-23 10:00'),
('a reserve shorter than the hold', 'UTC', '2026-12-10 20:00Z', '2026-12-01 10:00Z', pg_temp.policy(7, 0, 2), '12-17 20:00, 12-17 20:00'),
('paid after the end', 'UTC', '2026-12-10 20:00Z', '2026-12-10 20:07Z', pg_temp.policy(0, 0, 0), '12-10 20:07, 12-10 20:07'),
('Berlin, forward: 02:30 is skipped', 'Europe/Berlin', '2027-03-25 02:30+01', '2027-03-01 10:00Z', pg_temp.policy(3, 0, 4), '03-28 01:30, 03-29 00:30'),
('Berlin, back: the first 02:30', 'Europe/Berlin', '2026-10-22 02:30+02', '2026-10-01 10:00Z', pg_temp.policy(3, 0, 4), '10-25 00:30, 10-26 01:30'),
('an end in the second 02:30 is not moved to the first', 'Europe/Berlin', '2026-10-25 02:30+01', '2026-10-01 10:00Z', pg_temp.policy(0, 0, 1),
    '10-25 01:30, 10-26 01:30'),
('a charge over a change of clocks', 'Europe/Berlin', '2026-10-20 20:00+02', '2026-10-20 12:00+02', pg_temp.policy(0, 10, 0), '10-30 11:00, 10-30 11:00'),
('New York, forward', 'America/New_York', '2027-03-12 02:30-05', '2027-03-01 10:00Z', pg_temp.policy(2, 0, 3), '03-14 07:30, 03-15 06:30'),
('New York, back', 'America/New_York', '2026-10-30 01:30-04', '2026-10-01 10:00Z', pg_temp.policy(2, 0, 3), '11-01 05:30, 11-02 06:30'),
('Lord Howe, half an hour forward', 'Australia/Lord_Howe', '2026-10-01 02:15+10:30', '2026-09-01 10:00Z', pg_temp.policy(3, 0, 4), '10-03 15:45, 10-04 15:15'),
('Lord Howe, half an hour back', 'Australia/Lord_Howe', '2027-04-01 01:45+11', '2027-03-01 10:00Z', pg_temp.policy(3, 0, 4), '04-03 14:45, 04-04 15:15'),
('Troll, two hours back', 'Antarctica/Troll', '2026-10-22 01:30+02', '2026-10-01 10:00Z', pg_temp.policy(3, 0, 4), '10-24 23:30, 10-26 01:30'),
('a year with a leap day', 'UTC', '2028-02-28 20:00Z', '2028-02-01 10:00Z', pg_temp.policy(1, 0, 365), '02-29 20:00, 02-27 20:00');
select is(pg_temp.dates(c.zone, c.ends, c.charged, c.policy), c.expect, c.says) from cases c order by c.ord;
select is(pg_temp.dates('UTC', '2026-12-10 20:00Z', '2026-12-09 10:00Z', pg_temp.policy(0, 14, 30), '2 days'), '12-23 10:00, 01-09 20:00',
    'the charge is the gateway''s, not when we heard of it');
select is(pg_temp.dates('UTC', '2026-12-10 20:00Z', '2026-12-01 10:00Z', p), null, 'a policy without days has no date: ' || p)
from unnest('{"{}","{\"reserve_days\":1,\"hold_days_after_event\":1}"}'::text[]) p;

-- --- a sale writes nothing, and a plan is for what is over ------------------------

create function pg_temp.event_ends(p_in interval, p_status text default 'on_sale') returns void language sql as $$
    update app.events set time_zone = 'UTC', starts_at = ops.now() + p_in - interval '2 h', ends_at = ops.now() + p_in, status = p_status
    where org = 501 and id = pg_temp.id('event') $$;
create function pg_temp.wait(p_days numeric) returns void language sql as $$ select ops.clock_advance((p_days * 86400)::bigint) $$;
create function pg_temp.complete() returns void language sql as $$
    select app.event_complete(501, pg_temp.id('event')) $$;
create function pg_temp.plan(p_limit int default 500) returns int language plpgsql as $$
declare
    v_after uuid := '00000000-0000-0000-0000-000000000000';
    n int := 0;
begin
    while v_after is not null loop
        v_after := app.orders_plan(501, pg_temp.id('event'), v_after, p_limit);
        n := n + 1;
    end loop;
    return n;
end $$;
-- Whether a second plan leaves alone what the first one did.
create function pg_temp.passed_over() returns boolean language plpgsql as $$
declare
    v_over boolean;
begin
    create temp table before as select * from app.maturities;
    update app.maturities set due_at = null;
    perform pg_temp.plan(1);
    v_over := not exists (select from app.maturities where due_at is not null);
    update app.maturities m set due_at = b.due_at from before b where b.order_id = m.order_id;
    drop table before;
    return v_over;
end $$;
-- Each organizer's account of an order.
create function pg_temp.own(p_name text) returns text language sql as $$
    select concat_ws(' ', coalesce(-sum(amount) filter (where account = 'organizer_pending'), 0), coalesce(-sum(amount) filter (where account = 'organizer_reserve'), 0),
        coalesce(-sum(amount) filter (where account = 'organizer_available'), 0))
    from ledger.postings where org = 501 and order_id = pg_temp.id('order ' || p_name) $$;
create function pg_temp.jobs() returns text language sql as $$
    select coalesce(string_agg(kind || ' ' || case when due_at <= ops.now() then 'now' else to_char(due_at - ops.now(), 'FMDDD "days"') end, ', ' order by kind), '')
    from ops.jobs where org = 501 and kind in ('event_mature', 'orders_mature') $$;
-- What the job does at its end.
create function pg_temp.next() returns void language plpgsql as $$
begin
    update ops.jobs set lease = pg_temp.id('lease') where org = 501 and kind = 'orders_mature';
    perform ops.job_next(501, 'orders_mature', pg_temp.id('organizer 501'), pg_temp.id('lease'), app.orders_next(501));
end $$;

delete from ledger.entries where object_id = pg_temp.id('order dated');
update app.orders set policy = pg_temp.policy(0, 14, 30) where id = pg_temp.id('order dated');
select is((select matures_at from app.order_dates(501, pg_temp.id('order dated'))), (select paid_at + interval '14 days' from app.orders where id = pg_temp.id('order dated')),
    'an order without a sale entry counts from when it was paid');

delete from app.tickets; delete from ledger.entries; delete from app.payments; delete from app.order_lines; delete from app.orders;
select pg_temp.event_ends('10 days');
select pg_temp.sending(n) from unnest('{a,b,c}'::text[]) n;
select pg_temp.settle('payment ' || n, 'succeeded') from unnest('{a,b}'::text[]) n;
select is(pg_temp.own('a'), '9000 1000 0', 'a sale puts the share in pending and reserve');
select is((select count(*) from app.maturities) || pg_temp.jobs(), '0', 'and writes no date and no job');
select is(pg_temp.plan(), 1, 'an event that goes on');
select is((select count(*) from app.maturities), 0::bigint, '... is not planned');
select app.order_wake(501, pg_temp.id('order a'), 'request');
select is((select count(*) from app.maturities), 0::bigint, '... nor is an order to which money came');
select is(pg_temp.mature(), 0, '... and nothing matures');
select pg_temp.next();

select pg_temp.wait(10);
select pg_temp.complete();
select is(pg_temp.jobs(), 'event_mature now', 'its end asks for the plan');
select is(pg_temp.plan(1), 3, 'a page at a time');
select is((select string_agg(due_at - ops.now() || ', ' || releases_at - ops.now(), '; ') from app.maturities), '3 days, 30 days; 3 days, 30 days',
    'the paid ones are planned, from the end on; the one whose payment is under way is not');
select is(pg_temp.passed_over(), true, 'what is planned is passed over');
select is(pg_temp.mature(), 0, 'nothing matures before its day');
update app.maturities set due_at = ops.now();
select is(pg_temp.mature(), 0, 'also when it is looked at early');
select pg_temp.plan();
update app.maturities set due_at = matures_at;
select pg_temp.next();
select is(pg_temp.jobs(), 'event_mature now, orders_mature 3 days', 'the job comes back on that day');

-- --- the day ----------------------------------------------------------------------

select ops.clock_advance(3 * 86400 - 1);
select is(pg_temp.mature(), 0, 'not a second before');
select ops.clock_advance(1);
select is(pg_temp.mature(1), 1, 'a batch of one');
select is(pg_temp.own('a') || ', ' || pg_temp.own('b') in ('0 1000 9000, 9000 1000 0', '9000 1000 0, 0 1000 9000'), true, 'matures one');
select pg_temp.next();
select is(pg_temp.jobs(), 'event_mature now, orders_mature now', 'and there is more at once');
select is(pg_temp.mature(1), 1, 'the next batch');
select is(pg_temp.own('a') || ', ' || pg_temp.own('b'), '0 1000 9000, 0 1000 9000', 'matures the other');
select is(pg_temp.mature(), 0, 'a second run posts nothing');
select pg_temp.plan();
select is(pg_temp.mature(), 0, 'nor after a second plan');
select pg_temp.next();
select is(pg_temp.jobs(), 'event_mature now, orders_mature 27 days', 'the job waits for the reserve');
select results_eq($$select order_id, promo, currency, accounts, amounts, reverses, occurred_at, recorded_at from ledger.entries
    where effect = 'matured' and object_id = pg_temp.id('order a')$$,
    $$values (pg_temp.id('order a'), null::text, 'USD', '{organizer_pending,organizer_available}'::text[], '{9000,-9000}'::bigint[], null::uuid, ops.now(), ops.now())$$,
    'its entry');
select is((select string_agg(actor || ' ' || action || ' ' || (body::jsonb ->> 'amounts'), ', ') from ops.audit
    where object_id = pg_temp.id('order a') and action like 'order.matured'), 'jobs order.matured [9000, -9000]', 'the audit log has it');

-- --- paid when the event was over ----------------------------------------------------

select pg_temp.settle('payment c', 'succeeded');
select is((select matures_at - ops.now() || ' ' || (due_at <= ops.now()) from app.maturities where order_id = pg_temp.id('order c')), '00:00:00 true',
    'an order paid later is planned at once');
select is(pg_temp.jobs(), 'event_mature now, orders_mature now', 'and looked at');
select is(pg_temp.mature(), 1, 'it matures');
select is(pg_temp.own('c'), '0 1000 9000', 'with all it has');

-- --- what comes back, and what is gone -------------------------------------------------

-- An entry as a refund, or its failure, will post it.
create function pg_temp.moves(p_name text, p_pending bigint, p_effect text) returns void language sql as $$
    select ledger.entry_post(501, gen_random_uuid(), p_effect, pg_temp.id('order ' || p_name), pg_temp.id('order ' || p_name), null, 'USD',
        '{organizer_pending,organizer_share}', array[-p_pending, p_pending], ops.now(), null) $$;
select pg_temp.event_ends('1 day');
select pg_temp.sending(n) from unnest('{d,e,f}'::text[]) n;
update app.orders set policy = pg_temp.policy(3, 0, 0) where id = pg_temp.id('order f');
select pg_temp.settle('payment ' || n, 'succeeded') from unnest('{d,e,f}'::text[]) n;
select pg_temp.moves('d', -9000, 'refund');
select pg_temp.moves('e', -4000, 'refund');
select pg_temp.wait(1);
select pg_temp.complete();
select pg_temp.plan();
select pg_temp.wait(3);
select is(pg_temp.mature() + pg_temp.mature(), 2, 'of three orders two have something');
select is(pg_temp.own('e'), '0 1000 5000', 'what is left of a share matures');
select is(pg_temp.own('f'), '0 0 10000', 'hold and reserve of the same day end together');
select is(pg_temp.own('d') || ' ' || (select count(*) from ledger.entries where effect = 'matured' and object_id = pg_temp.id('order d')), '0 1000 0 0',
    'where nothing is pending there is no entry yet');
select pg_temp.moves('d', 6000, 'refund_failed');
select app.order_wake(501, pg_temp.id('order d'), 'request');
select is(pg_temp.mature(), 1, 'what comes back');
select is(pg_temp.own('d'), '0 1000 6000', '... matures then');
select pg_temp.moves('e', 500, 'refund_failed');
select app.order_wake(501, pg_temp.id('order e'), 'request');
select is(pg_temp.mature(), 0, 'what comes back to pending after that was matured is left alone: it matures once');
select pg_temp.moves('e', -500, 'refund_settled');

-- --- the reserve, and events that are not over -------------------------------------------

update app.events set status = 'postponed' where id = pg_temp.id('event');
select pg_temp.wait(40);
select is(pg_temp.mature(), 0, 'of a postponed event nothing is freed');
select is(app.orders_next(501), null::timestamptz, 'and nothing is due');
select pg_temp.event_ends('5 days');
select pg_temp.wait(5);
select pg_temp.complete();
select pg_temp.plan();
select is(pg_temp.passed_over(), true, 'a new end plans each order again, once');
select is(app.orders_next(501) - ops.now(), '3 days'::interval, 'the new end counts');
select pg_temp.wait(3);
select is(pg_temp.mature(), 0, 'on its day nothing matures twice');
select pg_temp.wait(27);
select is(pg_temp.mature(), 5, 'five reserves are released');
select is(string_agg(pg_temp.own(n), ', '), '0 0 10000, 0 0 10000, 0 0 10000, 0 0 7000, 0 0 6000', 'and all of it is available')
from unnest('{a,b,c,d,e}'::text[]) n;
select pg_temp.next();
select is(pg_temp.jobs(), 'event_mature now', 'nothing is left to do');
select ledger.entry_post(501, gen_random_uuid(), 'refund_failed', pg_temp.id('order b'), pg_temp.id('order b'), null, 'USD',
    '{organizer_reserve,organizer_share}', '{-70,70}', ops.now(), null);
select app.order_wake(501, pg_temp.id('order b'), 'request');
select is(pg_temp.mature(), 0, 'what comes back to a reserve that was released is left alone');
select results_eq($$select version, body::jsonb from ops.outbox where type = 'reserve.released' and object_id = pg_temp.id('order a')$$,
    $$values (1, jsonb_build_object('order', pg_temp.id('order a'), 'event', pg_temp.id('event'), 'currency', 'USD', 'amount', 1000))$$, 'a release is told');
select is((select count(*) from ops.outbox where type = 'reserve.released'), 6::bigint, '... once for each');
select is((select count(*) from ledger.entries e where (select sum(a) from unnest(e.amounts) a) <> 0), 0::bigint, 'every entry sums to zero');

-- One that is postponed before its orders' day, and one that is cancelled.
select pg_temp.event_ends('1 day');
select pg_temp.sending('g');
select pg_temp.settle('payment g', 'succeeded');
select pg_temp.wait(1);
select pg_temp.complete();
select pg_temp.plan();
update app.events set status = 'cancelled' where id = pg_temp.id('event');
select pg_temp.wait(3);
select is(pg_temp.mature(), 0, 'of a cancelled event nothing matures');
select is(app.orders_next(501), null::timestamptz, 'and it is not looked at for its reserve');
select app.order_wake(501, pg_temp.id('order g'), 'request');
select is(app.orders_next(501), null::timestamptz, 'also when money comes back to it');
select is(pg_temp.own('g'), '9000 1000 0', 'all of it stays');

-- --- an order that cost its guest nothing ------------------------------------------------

select pg_temp.event_ends('1 day');
select pg_temp.open('order free', 'processing');
update app.orders set discount = 10000, net = 0, guest_fee = 0, tax = 0, total = 0, policy = pg_temp.policy(0, 0, 1) where id = pg_temp.id('order free');
select app.order_free(501, pg_temp.id('order free'), array[pg_temp.id('f1'), pg_temp.id('f2')], '{f1,f2}', pg_temp.id('entry free'),
    '{organizer_pending,organizer_reserve,ticket_revenue,promo_discounts,organizer_share}', '{-9000,-1000,-10000,10000,10000}', 'tester', 'request');
select pg_temp.open('order nothing', 'processing');
update app.orders set list = 0, share = 0, reserve = 0, discount = 0, net = 0, guest_fee = 0, tax = 0, total = 0 where id = pg_temp.id('order nothing');
select app.order_free(501, pg_temp.id('order nothing'), array[pg_temp.id('n1'), pg_temp.id('n2')], '{n1,n2}', pg_temp.id('entry nothing'), '{}', '{}', 'tester', 'request');
select pg_temp.wait(1);
select pg_temp.complete();
select pg_temp.plan();
select is((select count(*) from app.maturities where order_id = pg_temp.id('order nothing')), 0::bigint, 'an order without a share is not planned');
select is(pg_temp.mature(), 1, 'one whose promo the platform paid');
select is(pg_temp.own('free'), '0 1000 9000', '... matures like any');
select pg_temp.wait(1);
select pg_temp.mature();
select is(pg_temp.own('free'), '0 0 10000', '... and its reserve is released');

-- --- who asks meanwhile -------------------------------------------------------------------

select pg_temp.next();
select app.orders_wake(501, 'request');
update ops.jobs set lease = pg_temp.id('lease') where org = 501 and kind = 'orders_mature';
select app.orders_wake(501, 'request');
select ops.job_next(501, 'orders_mature', pg_temp.id('organizer 501'), pg_temp.id('lease'), null);
select is(pg_temp.jobs(), 'event_mature now, orders_mature now', 'a job that was asked for while it ran stays');
select ops.job_next(501, 'orders_mature', pg_temp.id('organizer 501'), pg_temp.id('lease'), ops.now() + interval '9 days');
select is(pg_temp.jobs(), 'event_mature now, orders_mature now', 'and is not put off');
select throws_like(format($$select app.order_freed(501, pg_temp.id('order free'), 'matured', gen_random_uuid(), '{organizer_pending,organizer_available}', '{5,-5}', null)$$),
    '%entries_once%', 'no order matures twice');
select throws_like(format($$select app.order_freed(501, pg_temp.id('order nothing'), 'matured', gen_random_uuid(), '{organizer_pending,organizer_available}', '{5,-5}', null)$$),
    'order % keeps -5 after matured', 'nor by another amount than it has');

select * from finish();
rollback;
