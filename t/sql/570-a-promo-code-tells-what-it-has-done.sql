-- Proves that uses, discounts and sales of promo codes are counted from slots by
-- what became of their orders, each order once, and that copies of a code are
-- made up to a number and no further. By orders in every state, and by copying.
begin;
select no_plan();
\ir lib/shop.sql

create function pg_temp.now_is(p_order text, p_status text) returns void language sql as $$
    update app.orders set status = p_status, paid_at = case when p_status in ('paid', 'partially_refunded', 'refunded') then ops.now() end
    where org = 501 and id = pg_temp.id(p_order) $$;
create function pg_temp.back(p_order text) returns void language sql as $$
    update app.promo_uses set returned_at = ops.now() where org = 501 and order_id = pg_temp.id(p_order) $$;
-- What went back of an order, from one ticket that was all of it.
create function pg_temp.gave(p_order text, p_net bigint, p_organizer bigint, p_platform bigint default 0) returns void language sql as $$
    insert into app.tickets (org, id, order_id, line, seat, type_id, code, status, net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee, created_at)
    select 501, pg_temp.id('ticket of ' || p_order), pg_temp.id(p_order), 1, 1, pg_temp.id('floor'), p_order, 'refunded', p_net, 0, 0, 0, p_organizer, p_platform, 0, now()
    on conflict do nothing;
    insert into app.ticket_returns (org, object_id, ticket_id, order_id, live, net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee)
    values (501, pg_temp.id('refund of ' || p_order), pg_temp.id('ticket of ' || p_order), pg_temp.id(p_order), true, p_net, 0, 0, 0, p_organizer, p_platform, 0) $$;
create function pg_temp.usage(p_codes text[], p_batch text default null, p_each boolean default false) returns setof text language sql as $$
    select concat_ws(' ', coalesce(u.code, case when u.batch = pg_temp.id('batch') then 'batch' end, 'all'), u.codes, '-', u.reserved, u.committed,
        u.returned, '-', u.discount_given, u.platform_funded, '-', u.list, u.revenue, '-', u.guests)
    from app.promos_usage(501, (select array_agg(pg_temp.id(c)) from unnest(p_codes) c), pg_temp.id(p_batch), p_each) u $$;

select pg_temp.promo('A', '{"platform_bps": 5000}');
select pg_temp.promo(c) from unnest('{B,C,D,E}'::text[]) c;
update app.promo_codes set batch = pg_temp.id('batch') where code in ('C', 'D');
select is(pg_temp.usage('{A}'), 'all 1 - 0 0 0 - 0 0 - 0 0 - 0', 'a code that nobody used');
select is_empty($$select pg_temp.usage('{NOBODY}')$$, 'one that is not there');

-- Two tickets are 10000.
select pg_temp.discounted('held', 'held', '{A}', '{100}'), pg_temp.discounted('sent', 'processing', '{A}', '{100}'),
    pg_temp.discounted('paid', 'held', '{A,C}', '{1000,500}'), pg_temp.discounted('more', 'held', '{A,D}', '{1000,10}', 'bea'),
    pg_temp.discounted('some back', 'held', '{A}', '{7}'), pg_temp.discounted('kept', 'held', '{A}', '{30}', 'cleo'),
    pg_temp.discounted('back', 'held', '{A}', '{900}', 'dora'), pg_temp.discounted('late', 'held', '{A}', '{50}'),
    pg_temp.discounted('gone', 'held', '{A}', '{60}'), pg_temp.discounted('both', 'held', '{C,D}', '{1,2}');
select pg_temp.now_is(o, s) from (values ('paid', 'paid'), ('more', 'paid'), ('some back', 'partially_refunded'), ('kept', 'refunded'), ('back', 'refunded'),
    ('late', 'expired'), ('gone', 'cancelled'), ('both', 'paid')) v (o, s);
select pg_temp.back('back');
update app.promo_uses set platform = discount / 2 where promo_id = pg_temp.id('A');
select pg_temp.gave('kept', 9970, 15, 15), pg_temp.gave('back', 9100, 450, 450), pg_temp.gave('some back', 4996, 2, 2);

select is(pg_temp.usage('{A}'), 'all 1 - 2 4 1 - 2003 1001 - 25000 22487 - 3',
    'held and processing are reserved, paid and refunded are committed but what was given back, expired and cancelled are nothing;'
    ' money that went back took its part along');
select is(pg_temp.usage('{C}'), 'all 1 - 0 2 0 - 501 0 - 20000 18497 - 1', 'a second code of an order has that order''s sales too');
select is(pg_temp.usage('{A,C}'), 'all 2 - 2 6 1 - 2504 1001 - 35000 32484 - 3', 'together an order with both counts once');
select is(pg_temp.usage(null, 'batch'), 'batch 2 - 0 4 0 - 513 0 - 30000 27487 - 2', 'so it does in a batch');
select bag_eq($$select pg_temp.usage(null, p_each => true)$$, $$values ('A 1 - 2 4 1 - 2003 1001 - 25000 22487 - 3'), ('batch 2 - 0 4 0 - 513 0 - 30000 27487 - 2'),
    ('B 1 - 0 0 0 - 0 0 - 0 0 - 0'), ('E 1 - 0 0 0 - 0 0 - 0 0 - 0')$$, 'a row for each code, and one for a batch');
select is(pg_temp.usage(null), 'all 5 - 2 8 1 - 2516 1001 - 35000 32484 - 3'::text, 'and all of the organizer''s');
select is((select count(*) from app.promos_usage(502, null, null, true)), 0::bigint, 'a neighbour has none of it');
select is((select count(*) from app.promos_usage(502, array[pg_temp.id('A')], null, false)), 0::bigint, '... whatever it names');
select is((select times_redeemed || ' ' || discount_given from app.promo_get(501, pg_temp.id('A'))), '6 2003', 'a code is shown with its live slots');

select pg_temp.promo('F', '{"platform_bps": 5000}'), pg_temp.promo('G');
select pg_temp.discounted('resold', 'held', '{F,G}', '{3,5}');
select pg_temp.now_is('resold', 'paid');
update app.promo_uses set platform = 2 where promo_id = pg_temp.id('F');
select pg_temp.back('resold');
select is(pg_temp.usage('{F}'), 'all 1 - 0 0 1 - 3 2 - 10000 9992 - 0', 'a refund that failed after its use was sold again: the discount is still given');
select pg_temp.now_is('resold', 'partially_refunded');
select pg_temp.gave('resold', 4996, 3, 1);
select is(pg_temp.usage('{F}') || ', ' || pg_temp.usage('{G}'), 'all 1 - 0 0 1 - 2 1 - 5000 4996 - 0, all 1 - 0 0 1 - 2 0 - 5000 4996 - 0',
    'half of it back: each code of an order gives its part, and together all of it');
insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at)
values (501, pg_temp.id('capture'), pg_temp.id('resold'), 'nmi', 'capture', 10000, 'USD', 'succeeded', now(), now());
insert into app.disputes (org, id, capture_id, order_id, gateway, gateway_dispute, status, amount, currency, reported_at, version, created_at)
values (501, pg_temp.id('refund of resold'), pg_temp.id('capture'), pg_temp.id('resold'), 'nmi', 'd', 'needs_response', 5000, 'USD', now(), 1, now());
select is(pg_temp.usage('{F}'), 'all 1 - 0 0 1 - 3 2 - 10000 9992 - 0', 'what an open dispute froze is not gone yet');

-- Copies, of one template each batch; without limit each has four buckets: one of many is not what everybody uses.
create function pg_temp.copy(p_most bigint, p_names text[], p_org int default 501) returns text[] language sql as $$
    select array_agg(c.code order by c.code) from app.promos_copy(p_org, pg_temp.id('T'), pg_temp.id('copies'), p_most,
        array(select pg_temp.id('copy ' || n) from unnest(p_names) n), p_names, 'tester') c $$;
select pg_temp.promo('T', '{"max_redemptions": 45, "budget_amount": 1007, "platform_bps": 2500, "active": false, "stacks": true, "starts_at": "2026-01-01T00:00:00"}');
select is(pg_temp.copy(4, '{t1,t2,t3}'), '{t1,t2,t3}', 'copies are made');
select is(to_jsonb(c) - v.own, to_jsonb(t) - v.own, c.code || ' has all that its template has')
from (values ('{id,code,code_normal,batch,template,created_at}'::text[])) v (own), app.promo_codes c, app.promo_codes t where c.code like 't_' and t.code = 'T' order by 1;
select pg_temp.promo('OTHER-T');
select throws_ok($$select app.promos_copy(501, pg_temp.id('OTHER-T'), pg_temp.id('copies'), 9, array[pg_temp.id('x')], '{X}', 'tester')$$, 'BX022',
    'the batch is of another promo code', 'a batch is of one template');
select lives_ok($$select app.promos_copy(501, pg_temp.id('OTHER-T'), pg_temp.id('free copies'), 9, array[pg_temp.id('free copy')], '{FREE-COPY}', 'tester')$$,
    'another batch may be of another');
select is((select count(*) from app.promo_buckets where promo_id = pg_temp.id('free copy')), 4::bigint, 'an unlimited copy has four buckets');
select is((select count(distinct (select array_agg((bucket, uses, budget)::text order by bucket) from app.promo_buckets b where b.promo_id = p.id)) || ' ' ||
    (select sum(uses) || ' ' || sum(budget) from app.promo_buckets b join app.promo_codes p on p.id = b.promo_id where p.code like 't_')
    from app.promo_codes p where code in ('T', 't1', 't2', 't3')), '1 135 3021', '... and its limits, in as many buckets');
select is(pg_temp.copy(4, '{t4,t5,t6}'), '{t4}', 'no more than the batch is to have');
select is(pg_temp.copy(4, '{t7}'), null, '... none when it has them');
select is(pg_temp.copy(3, '{t7}'), null, '... nor when it has more');
select is(pg_temp.copy(9, '{T1,a,t8,t8,T8}'), '{t8}', 'names that are there already, in whatever case, are passed over');
select throws_ok($$select pg_temp.copy(9, '{x}', 502)$$, 'BX003', null, 'a neighbour can''t copy it');
select is((select string_agg(body::jsonb->>'codes', ' ' order by recorded_at, body) from ops.audit where action = 'promo_codes.copied'), '1 1 1 3',
    'the audit log has what was made');
select is((select array_agg(code order by id) from app.promos_of_batch(501, pg_temp.id('copies'), null, 9)), (select array_agg(code order by id) from app.promo_codes
    where batch = pg_temp.id('copies')), 'a batch is read whole');
select is((select array_agg(code order by id) from app.promos_of_batch(501, pg_temp.id('copies'), (select min(id::text)::uuid from app.promo_codes
    where batch = pg_temp.id('copies')), 2)), (select (array_agg(code order by id))[2:3] from app.promo_codes where batch = pg_temp.id('copies')), '... or on from one, by so many');
select is((select count(*) from app.promos_of_batch(502, pg_temp.id('copies'), null, 9)), 0::bigint, '... not by a neighbour');

-- Times in the form in which they are stored.
select is(app.promo_window(t), w, coalesce(t, 'no time')) from (values ('2026-11-24T20:00:00Z', '2026-11-24T20:00:00Z'), ('2026-11-24T20:00:00.999Z', '2026-11-24T20:00:00Z'),
    ('2026-11-24T20:00:00+02:00', '2026-11-24T18:00:00Z'), ('2026-12-31T23:30:00-01:00', '2027-01-01T00:30:00Z'), ('1970-01-01T00:00:00+14:00', '1969-12-31T10:00:00Z'),
    ('9998-12-31T23:59:59-15:59', '9999-01-01T15:58:59Z'), ('2026-11-24T20:00', '2026-11-24T20:00:00'), ('2026-11-24T20:00:07', '2026-11-24T20:00:07'),
    ('2026-03-29T02:30', '2026-03-29T02:30:00'), ('2026-06-30T23:59:59.9999999Z', '2026-06-30T23:59:59Z'), ('2026-12-31T23:59:59.99999999-02:00', '2027-01-01T01:59:59Z'), (null, null)) v (t, w);
set local timezone = 'America/New_York';
select is(app.promo_window('2026-11-24T20:00') || app.promo_window('2026-11-24T20:00:00Z'), '2026-11-24T20:00:002026-11-24T20:00:00Z', 'the session''s zone has no say');

select * from finish();
rollback;
