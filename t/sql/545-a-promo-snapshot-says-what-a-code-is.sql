-- Proves that the snapshot of promo codes says of each whether it is for the
-- event, when its time is, and what is left of it for this guest; and that local
-- times are read in the event's zone, also where clocks skip or repeat an hour.
-- By asking about codes that differ in one thing, and by known transitions.
begin;
select no_plan();
\ir lib/shop.sql

select is(ops.local_instant(local::timestamp, zone), instant::timestamptz, says) from (values
    ('2026-07-01 12:00', 'UTC', '2026-07-01 12:00Z', 'UTC is itself'),
    ('2026-07-01 12:00', 'Asia/Kathmandu', '2026-07-01 06:15Z', 'a zone that is not whole hours off'),
    ('2026-01-15 20:00', 'America/New_York', '2026-01-16 01:00Z', 'winter'),
    ('2026-07-15 20:00', 'America/New_York', '2026-07-16 00:00Z', 'summer'),
    ('2026-11-01 00:59:59', 'America/New_York', '2026-11-01 04:59:59Z', 'before clocks go back'),
    ('2026-11-01 01:30', 'America/New_York', '2026-11-01 05:30Z', 'of a time shown twice, the first'),
    ('2026-11-01 02:00', 'America/New_York', '2026-11-01 07:00Z', 'after it'),
    ('2026-03-08 02:30', 'America/New_York', '2026-03-08 07:30Z', 'a time that clocks skip moves forward'),
    ('2026-03-29 02:30', 'Europe/Berlin', '2026-03-29 01:30Z', 'also east of Greenwich'),
    ('2026-10-25 02:30', 'Europe/Berlin', '2026-10-25 00:30Z', 'and back'),
    ('2026-04-05 01:45', 'Australia/Lord_Howe', '2026-04-04 14:45Z', 'of half an hour shown twice, the first')) v (local, zone, instant, says);


-- Which codes are found.
select pg_temp.promo('ten');
select pg_temp.promo('FIX', '{"percent_bps": null, "fixed_amount": 700, "fixed_per": "ticket", "platform_bps": 2500, "stacks": true,
    "min_order_amount": 10, "min_tickets": 2, "max_per_guest": 3}');
select results_eq($$select place, code, percent_bps, fixed_amount, fixed_per, min_order_amount, min_tickets, platform_bps, stacks, active, for_event,
        started, ended, uses_left, budget_left, max_per_guest, guest_uses
    from app.promos_snapshot(501, pg_temp.id('event'), '{NOSUCH,FIX,TEN}', null) order by place$$,
    $$values (2, 'FIX', null::bigint, 700::bigint, 'ticket', 10::bigint, 2::bigint, 2500::bigint, true, true, true, true, false, null::bigint, null::bigint, 3::bigint, 0::bigint),
        (3, 'ten', 1000, null, null, 0, 0, 0, false, true, true, true, false, null, null, null, 0)$$,
    'a row for each that is there, with its place, as it is shown');
select is_empty($$select * from app.promos_snapshot(502, pg_temp.id('event'), '{TEN}', null)$$, 'another organizer has none of ours');
select is_empty($$select * from app.promos_snapshot(501, pg_temp.id('event'), '{ten}', null)$$, 'codes are asked for in upper case');

-- For the event.
select pg_temp.event(501, 'other');
select pg_temp.ticket_type(501, 'other', 'stalls', 10);
create function pg_temp.ids(variadic text[]) returns jsonb language sql as $$ select jsonb_agg(pg_temp.id(t)) from unnest($1) t $$;
select pg_temp.promo('EVENT', jsonb_build_object('events', pg_temp.ids('event')));
select pg_temp.promo('OTHER', jsonb_build_object('events', pg_temp.ids('other')));
select pg_temp.promo('BOTH', jsonb_build_object('events', pg_temp.ids('other', 'event')));
select pg_temp.promo('FLOOR', jsonb_build_object('ticket_types', pg_temp.ids('floor')));
select pg_temp.promo('STALLS', jsonb_build_object('ticket_types', pg_temp.ids('stalls')));
select pg_temp.promo('MIXED', jsonb_build_object('ticket_types', pg_temp.ids('stalls', 'balcony')));
select pg_temp.promo('CROSS', jsonb_build_object('ticket_types', pg_temp.ids('stalls'), 'events', pg_temp.ids('event')));
select results_eq($$select code, for_event from app.promos_snapshot(501, pg_temp.id('event'), '{EVENT,OTHER,BOTH,FLOOR,STALLS,MIXED,CROSS}', null) order by place$$,
    $$values ('EVENT', true), ('OTHER', false), ('BOTH', true), ('FLOOR', true), ('STALLS', false), ('MIXED', true), ('CROSS', false)$$,
    'for the event: named or none, and with one of its ticket types, or none named');

-- Its time, to the second, for which now is a whole one. The event's zone is a quarter of an hour off and more.
update ops.test_clock set "offset" = date_trunc('second', now()) + interval '1 s' - now();
update app.events set time_zone = 'Asia/Kathmandu' where id = pg_temp.id('event');
create function pg_temp.at(p_by interval, p_zone text default null) returns text language sql as $$
    select to_char(ops.now() at time zone coalesce(p_zone, 'UTC') + p_by, 'YYYY-MM-DD"T"HH24:MI:SS') || case when p_zone is null then 'Z' else '' end $$;
create function pg_temp.time(p_starts text, p_ends text) returns text language plpgsql as $$
begin
    update app.promo_codes set starts_at = p_starts, ends_at = p_ends where id = pg_temp.id('ten');
    return (select started || ' ' || ended from app.promos_snapshot(501, pg_temp.id('event'), '{TEN}', null));
end $$;
select is(pg_temp.time(starts, ends), expect, says) from (values
    (null, null, 'true false', 'no window'),
    (pg_temp.at('0 s'), pg_temp.at('1 s'), 'true false', 'the first second is in'),
    (pg_temp.at('1 s'), pg_temp.at('2 s'), 'false false', 'the one before is not'),
    (pg_temp.at('-1 s'), pg_temp.at('0 s'), 'true true', 'and its end is not'),
    (pg_temp.at('0 s', 'Asia/Kathmandu'), pg_temp.at('1 s', 'Asia/Kathmandu'), 'true false', 'local times are the event''s'),
    (pg_temp.at('1 s', 'Asia/Kathmandu'), null, 'false false', 'to the second'),
    (null, pg_temp.at('0 s', 'Asia/Kathmandu'), 'true true', 'at both ends'),
    (pg_temp.at('0 s', 'UTC'), pg_temp.at('1 s', 'UTC'), 'true true', 'not UTC''s')) v (starts, ends, expect, says);
select pg_temp.time(pg_temp.at('3600 s'), pg_temp.at('7200 s'));
select ops.clock_advance(3600);
select is((select started || ' ' || ended from app.promos_snapshot(501, pg_temp.id('event'), '{TEN}', null)), 'true false', 'the business clock decides');
select ops.clock_advance(3600);
select is((select started || ' ' || ended from app.promos_snapshot(501, pg_temp.id('event'), '{TEN}', null)), 'true true', 'to the end');

-- What is left, and what the guest has had.
select pg_temp.promo('LIMITS', '{"max_redemptions": 100, "budget_amount": 5000, "max_per_guest": 5}');
select pg_temp.discounted('one', 'held', '{LIMITS}', '{1500}');
select pg_temp.discounted('two', 'held', '{LIMITS}', '{10}', 'bob');
select pg_temp.discounted('three', 'held', '{LIMITS}', '{20}');
create function pg_temp.left_for(p_guest text) returns text language sql as $$
    select concat_ws(' ', uses_left, budget_left, max_per_guest, guest_uses)
    from app.promos_snapshot(501, pg_temp.id('event'), '{LIMITS}', pg_temp.guest_key(p_guest)) $$;
select is(pg_temp.left_for('ada'), '97 3470 5 2', 'uses and budget left of all buckets, and the guest''s two');
select is(pg_temp.left_for('bob'), '97 3470 5 1', 'another guest has one');
select is(pg_temp.left_for('eve'), '97 3470 5 0', 'a third none');
select is(pg_temp.left_for(null), '97 3470 5 0', 'nobody named, none');
update app.promo_codes set active = false where id = pg_temp.id('LIMITS');
select is((select active from app.promos_snapshot(501, pg_temp.id('event'), '{LIMITS}', null)), false, 'whether it is active');

select * from finish();
rollback;
