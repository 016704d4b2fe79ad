-- Proves that an order whose amounts contradict each other can't be written,
-- that its lines and tickets get the parts meant for them, and that an order
-- needs an event on sale. By wrong copies of one good order, each changed in one place.
begin;
select no_plan();
\ir lib/shop.sql

-- list, discount, net, guest_fee, absorbed_fee, tax, share, reserve, total
create function pg_temp.try(p_amounts bigint[], p_status text default 'held', p_lines bigint[] default '{5000,10000,1000,9000,550,720,10270}',
    p_parts bigint[] default '{4500,275,360,0,500,0,0,4500,275,360,0,500,0,0}', p_event text default 'event', p_quantities bigint[] default '{2}',
    p_currency text default 'USD') returns void language plpgsql as $$
begin
    perform app.order_open(501, pg_temp.id('order'), pg_temp.id(p_event), p_status, pg_temp.id('guest'), null, '{Ada,Ada@x.example,ada@x.example,"","","",""}',
        p_currency, p_amounts, '{}', null, true, 900, array[pg_temp.id('floor')], p_quantities, p_lines, p_parts, 'tester', 'request');
    raise exception using errcode = 'UNDO1';
end $$;
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}')$$, 'UNDO1', null, 'the worked order of ledger.md is taken');
select throws_ok($$select pg_temp.try('{10000,1000,9000,0,550,720,9000,845,9720}', p_lines => '{5000,10000,1000,9000,0,720,9720}')$$, 'UNDO1', null,
    'and with the fee absorbed');
select throws_ok(format('select pg_temp.try(%L)', a), '23514', null, 'refused: ' || says) from (values
    ('{10000,1000,9001,550,0,720,9001,900,10271}', 'net above list less discount'),
    ('{10000,1000,8999,550,0,720,9000,900,10269}', 'net below it'),
    ('{10000,1000,9000,550,0,720,9000,900,10271}', 'total one cent above net, fee and tax'),
    ('{10000,1000,9000,550,0,720,9000,900,10269}', 'total one cent below'),
    ('{10000,1000,9000,550,0,720,8999,900,10270}', 'a share below net'),
    ('{10000,1000,9000,550,0,720,10001,900,10270}', 'a share above list'),
    ('{10000,1000,9000,550,0,720,9000,-1,10270}', 'a reserve below zero'),
    ('{10000,1000,9000,550,0,720,9000,9001,10270}', 'a reserve above the share'),
    ('{10000,1000,9000,550,100,720,9000,8901,10270}', 'a reserve above the share less the absorbed fee'),
    ('{10000,1000,9000,550,9001,720,9000,0,10270}', 'an absorbed fee above the share'),
    ('{10000,1000,9000,550,-1,720,9000,900,10270}', 'an absorbed fee below zero'),
    ('{10000,1000,9000,-550,0,720,9000,900,9170}', 'a fee below zero'),
    ('{10000,1000,9000,550,0,-720,9000,900,8830}', 'a tax below zero'),
    ('{10000,10001,-1,550,0,720,9000,900,1269}', 'a discount above the list'),
    ('{10000,-1,10001,550,0,720,10000,900,11271}', 'a discount below zero'),
    ('{-10000,0,-10000,0,0,0,-10000,0,-10000}', 'a list below zero')) v (a, says);
select throws_ok(format('select pg_temp.try(%L)', a), '23502', null, 'refused: ' || says) from (values
    ('{10000,1000,9000,550,0,720,9000,900}', 'no total'), ('{10000,1000,9000,550,0,720,null,900,10270}', 'no share')) v (a, says);

select throws_ok(format($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}', %s)$$, a), s, null, 'refused: ' || says) from (values
    ($$p_lines => '{5000,10000,1000,9001,550,720,10271}'$$, '23514', 'a line whose net is not list less discount'),
    ($$p_lines => '{5000,10000,1000,9000,550,720,10271}'$$, '23514', 'a line whose total is not net, fee and tax'),
    ($$p_lines => '{5000,10000,1000,9000,550,720}'$$, '23502', 'a line without a total'),
    ($$p_parts => '{4500,275,360,0,500,0,0,4500,275,360,0,500,0}'$$, '23514', 'a ticket that lacks a part'),
    ($$p_parts => '{4500,275,360,0,500,0,0}'$$, '23514', 'parts of one ticket for two'),
    ($$p_quantities => '{0}'$$, '23514', 'a line of no tickets'),
    ($$p_status => 'paid'$$, '23514', 'an order that is born paid'),
    ($$p_status => 'refunded'$$, '23514', 'or refunded'),
    ($$p_status => 'new'$$, '23514', 'a status that is none')) v (a, s, says);

-- Where the event is not on sale nothing is held.
select pg_temp.event(501, 'draft');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}', p_event => 'draft')$$, 'BX013', null, 'a draft sells nothing');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}', p_event => 'none')$$, 'BX013', null, 'nor does an event that is not there');
update app.events set status = s.status from (values ('paused')) s (status) where id = pg_temp.id('event');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}')$$, 'BX013', null, 'nor one that is paused');
update app.events set status = 'completed' where id = pg_temp.id('event');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}')$$, 'BX013', null, 'or completed');
update app.events set status = 'cancelled' where id = pg_temp.id('event');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}')$$, 'BX013', null, 'or cancelled');
update app.events set status = 'postponed' where id = pg_temp.id('event');
select throws_ok($$select pg_temp.try('{10000,1000,9000,550,0,720,9000,900,10270}')$$, 'BX013', null, 'or postponed');
update app.events set status = 'on_sale' where id = pg_temp.id('event');
select is(pg_temp.remaining('floor'), 100::bigint, 'a refused order holds nothing');
select throws_ok($$select app.order_open(502, pg_temp.id('order'), pg_temp.id('event'), 'held', pg_temp.id('guest'),
    null, '{A,a@x.example,a@x.example,"","","",""}', 'USD',
    '{0,0,0,0,0,0,0,0,0}', '{}', null, true, 900, '{}', '{}', '{}', '{}', 't', 'r')$$, 'BX013', null, 'an event of another organizer is not on sale here');
select throws_ok($$select app.order_open(502, pg_temp.id('order'), pg_temp.id('event'), 'held', pg_temp.id('guest'),
    null, '{A,a@x.example,a@x.example,"","","",""}', 'USD',
    '{0,0,0,0,0,0,0,0,0}', '{}', null, true, 900, array[pg_temp.id('floor')], '{1}', '{0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0}', 't', 'r')$$, 'BX011', null,
        'nor are its tickets');

-- Three lines of different sizes; every part is another number, so that none can be mistaken.
select app.order_open(501, pg_temp.id('big'), pg_temp.id('event'), 'held', pg_temp.id('guest of big'), pg_temp.id('person'),
    '{Ada Guest,Ada@Guest.example,ada@guest.example,de,192.0.2.1,agent,device}', 'USD', '{10000,1000,9000,550,0,720,9000,900,10270}', '{"p":1}', '{"m":2}', true, 900,
    array[pg_temp.id('floor'), pg_temp.id('balcony'), pg_temp.id('floor')], '{2,1,3}',
    (select array_agg(case i when 4 then 1000 - 10 - line when 7 then 1000 - 10 - line + 50 + 60 when 3 then 10 + line when 2 then 1000 when 1 then 500 when 5
        then 50 else 60 end order by line, i)
        from generate_series(1, 3) line, generate_series(1, 7) i),
    array(select g::bigint from generate_series(101, 142) g), 'tester', 'request');
select results_eq($$select line, type_id, quantity, unit_price, list, discount, net, fee, tax, total, parts from app.order_lines where org = 501
    and order_id = pg_temp.id('big') order by line$$,
    $$values (1, pg_temp.id('floor'), 2::bigint, 500::bigint, 1000::bigint, 11::bigint, 989::bigint, 50::bigint, 60::bigint, 1099::bigint, array(select g::bigint
        from generate_series(101, 114) g)),
        (2, pg_temp.id('balcony'), 1, 500, 1000, 12, 988, 50, 60, 1098, array(select g::bigint from generate_series(115, 121) g)),
        (3, pg_temp.id('floor'), 3, 500, 1000, 13, 987, 50, 60, 1097, array(select g::bigint from generate_series(122, 142) g))$$,
    'each line has its own slice of amounts and parts');
select is(pg_temp.remaining('floor') || ' ' || pg_temp.remaining('balcony'), '95 39', 'two lines of one type are taken together');
select results_eq($$select status, version, paid_at, refunded, disputed, policy, metadata, age_confirmed, expires_at, created_at from app.orders where org = 501
    and id = pg_temp.id('big')$$,
    $$values ('held', 1, null::timestamptz, 0::bigint, 0::bigint, '{"p":1}', '{"m":2}', true, ops.now() + interval '15 min', ops.now())$$,
        'the order is held for its time');
select results_eq($$select person, name, email, email_normal, locale, client_ip, client_agent, client_device from app.guests where org = 501
    and id = pg_temp.id('guest of big')$$,
    $$values (pg_temp.id('person'), 'Ada Guest', 'Ada@Guest.example', 'ada@guest.example', 'de', '192.0.2.1', 'agent', 'device')$$,
        'its guest stands in the one table with personal data');
select results_eq($$select kind, due_at, business from ops.jobs where org = 501 and object_id = pg_temp.id('big')$$,
    $$values ('order_expire', ops.now() + interval '15 min', true)$$, 'its expiry is a job of the business clock');
select is((select count(*) from ops.audit where body ~* 'ada' or actor ~* 'ada') + (select count(*) from ops.outbox where body ~* 'ada'), 0::bigint,
    'neither audit log nor outbox has personal data');
update app.orders set status = 'processing' where id = pg_temp.id('big');
select app.order_free(501, pg_temp.id('big'), array(select pg_temp.id('t' || i) from generate_series(1, 6) i), array(select 'c' || i from generate_series(1, 6) i),
    pg_temp.id('e'), '{gateway_clearing,bank}', '{10270,-10270}', 'tester', 'request');
select results_eq($$select line, seat, code, array[net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee] from app.tickets
    where org = 501 order by line, seat$$,
    $$select case when t <= 2 then 1 when t = 3 then 2 else 3 end, case when t <= 2 then t when t = 3 then 1 else t - 3 end, 'c' || t,
        array(select (100 + (t - 1) * 7 + i)::bigint from generate_series(1, 7) i) from generate_series(1, 6) t$$, 'each ticket gets its own seven parts');

-- Whatever writes it, past the functions.
select throws_ok(sql, state, null, 'refused: ' || says) from (values
    ('update app.orders set refunded = -1', '23514', 'a refunded amount below zero'),
    ('update app.orders set disputed = -1', '23514', 'a disputed amount below zero'),
    ($$update app.orders set status = 'lost' where paid_at is not null$$, '23514', 'a status that is none, of a paid order'),
    ('update app.orders set paid_at = null where paid_at is not null', '23514', 'a paid order that does not say when'),
    ('update app.order_lines set line = 9 where line = 1', '23503', 'a line that tickets stand in with another number'),
    ($$insert into app.order_lines select org, order_id, 0, type_id, quantity, unit_price, list, discount, net, fee, tax, total, parts
        from app.order_lines limit 1$$, '23514', 'a line numbered zero'),
    ($$update app.tickets set status = 'lost'$$, '23514', 'a ticket''s status that is none'),
    ($$insert into app.tickets select org, gen_random_uuid(), order_id, line, seat, type_id, 'twin', status, 0, 0, 0, 0, 0, 0, 0, created_at
        from app.tickets limit 1$$, '23505', 'two tickets for one seat of a line'),
    ('update app.tickets set line = line + 100', '23503', 'a ticket of a line that is not there'),
    ('update app.orders set guest_id = id', '23503', 'an order of a guest who is not there')) v (sql, state, says);
select throws_ok($$insert into app.tickets select org, gen_random_uuid(), order_id, line, seat + 100, type_id, 'neg', status, -1, 0, 0, 0, 0, 0, 0, created_at
    from app.tickets limit 1$$, '23514', null, 'a ticket''s part is never below zero');
select throws_ok($$select app.order_open(501, pg_temp.id('big'), pg_temp.id('event'), 'held', pg_temp.id('guest 2'),
    null, '{A,a@x.example,a@x.example,"","","",""}', 'USD',
    '{0,0,0,0,0,0,0,0,0}', '{}', null, true, 900, '{}', '{}', '{}', '{}', 't', 'r')$$, '23505', null, 'an order''s id is used once');

select * from finish();
rollback;
