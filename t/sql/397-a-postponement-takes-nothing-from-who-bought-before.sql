-- Proves that guests of a postponed event have its days each time that there
-- are dates, and no more; that its old dates may be given again; that who bought
-- while it was being postponed has bought before; that a ticket lets in once for
-- each of its dates; and that what is over stays so for its organizer. By the
-- functions, with the test clock.
begin;
select no_plan();
\ir lib/shop.sql

create function pg_temp.postpone(p_over boolean default true, p_days int default 10) returns text language plpgsql as $$ begin
    return (select status from app.event_postpone(501, pg_temp.id('event'), p_days, null, p_over, 'tester', 'request'));
exception when others then return sqlstate; end $$;
create function pg_temp.cancel(p_over boolean) returns text language plpgsql as $$ begin
    return (select status from app.event_cancel(501, pg_temp.id('event'), pg_temp.id('batch'), null, p_over, 'tester', 'request'));
exception when others then return sqlstate; end $$;
create function pg_temp.change(p_doc jsonb) returns text language sql as $$
    select u.status || coalesce(' ' || extract(day from u.refunds_until - ops.now()), '') from app.events e
    cross join lateral app.event_update(501, e.id, e.version, p_doc, 'tester', 'request') u where e.id = pg_temp.id('event') $$;
create function pg_temp.dates(p_from interval) returns text language sql as $$
    select pg_temp.change(jsonb_build_object('starts_at', ops.now() + p_from, 'ends_at', ops.now() + p_from + interval '1 day')) $$;
create function pg_temp.scan(p_ticket text) returns text language sql as $$
    select status || case when used_at is null then '' when used_at = scanned_at then ', now' else ', then' end
    from app.ticket_scan(501, gen_random_uuid(), pg_temp.id(p_ticket), null, null, 'North', null, false, 'tester', 'request') $$;
create function pg_temp.window(p_order text) returns text language sql as $$
    select concat_ws(' ', case when window_open then 'open' end, case when frozen then 'frozen' end, case when stands then 'stands' end)
    from app.refund_facts(501, pg_temp.id(p_order)) $$;
create function pg_temp.tickets(p_order text) returns text language sql as $$
    select string_agg(status, ' ' order by status) from app.refund_tickets(501, pg_temp.id(p_order)) $$;
create function pg_temp.broken() returns bigint language sql as $$ select count(*) from ops.broken_used_by_scan(9) $$;

select pg_temp.sending(n), pg_temp.settle('payment ' || n, 'succeeded') from unnest('{a,b,c}'::text[]) n;
update app.orders set policy = jsonb_build_object('reserve_days', 30, 'hold_days_after_event', 3, 'hold_days_after_charge', 0, 'refund_fees', false,
    'refund_until_hours', 87600)::text;

-- --- the door ------------------------------------------------------------------------

select is(pg_temp.scan('payment a ticket 1'), 'valid, now', 'a guest is let in');
select is(pg_temp.tickets('order a'), 'used valid', '... and the ticket used');
select ops.clock_advance(60);
select is(pg_temp.postpone(), 'postponed', 'then the event is postponed');
select is(pg_temp.tickets('order a'), 'valid valid', '... and the ticket as good as the other');
select is(pg_temp.scan('payment a ticket 1'), 'event_postponed, then', '... and no door lets in');
select is(pg_temp.window('order a'), 'open frozen', '... its guest may ask for the money');

-- --- dates -----------------------------------------------------------------------------

select ops.clock_advance(5 * 86400);
select app.organizer_verify(501, 'rejected', null, null, null, 'tester', 'request');
select is(pg_temp.dates('40 days'), 'postponed 10', 'new dates, of one who may not sell: ten days');
select ops.clock_advance(5 * 86400);
select is(pg_temp.dates('41 days'), 'postponed 10', '... other ones: ten days again, no more');
select is(pg_temp.change('{"name": "Another"}'), 'postponed 10', '... a name gives none');
select ops.clock_advance(86400);
select is(pg_temp.change('{"name": "The first"}'), 'postponed 9', '... nor takes any');
select app.organizer_verify(501, 'verified', null, null, null, 'tester', 'request');
select is(pg_temp.change((select jsonb_build_object('starts_at', starts_at) from app.events where id = pg_temp.id('event'))), 'on_sale 10',
    'the dates that it has, given by who may sell: on sale');

-- --- the door again ----------------------------------------------------------------------

select is(pg_temp.window('order a'), 'open', 'the guest has the days anew');
select is(pg_temp.tickets('order a'), 'valid valid', '... for a ticket that is not used');
select is(pg_temp.scan('payment a ticket 1'), 'valid, now', 'the door lets in again');
select ops.clock_advance(1);
select is(pg_temp.scan('payment a ticket 1'), 'used, then', '... once');
select is(pg_temp.tickets('order a'), 'used valid', '... and the ticket is used');
select is(pg_temp.broken(), 0::bigint, 'the books of the door agree');
select throws_ok($$insert into app.ticket_scans select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* from app.ticket_scans s
    where s.status = 'valid' and s.postponed_at > '-infinity'$$, '23505', null, 'the database itself lets nobody in twice for one of the dates');
update app.tickets set used_at = (select min(scanned_at) from app.ticket_scans where status = 'valid') where used_at is not null;
select is(pg_temp.broken(), 1::bigint, '... and see a ticket that forgets the last time');
update app.tickets set used_at = (select max(scanned_at) from app.ticket_scans where status = 'valid') where used_at is not null;

-- --- who bought before ---------------------------------------------------------------------

update app.orders o set created_at = e.postponed_at + interval '59 s' from app.events e where e.id = o.event_id and o.id = pg_temp.id('order b');
update app.orders o set created_at = e.postponed_at + interval '60 s' from app.events e where e.id = o.event_id and o.id = pg_temp.id('order c');
select is(pg_temp.window('order b'), 'open', 'who bought while it was being postponed has bought before');
select is(pg_temp.window('order c'), 'stands', '... not a minute later');
select ops.clock_advance(10 * 86400 + 1);
select is(pg_temp.window('order b'), 'stands', 'after ten days it is over');

-- --- what is over ----------------------------------------------------------------------------

select is(pg_temp.postpone(false), 'postponed', 'an organizer postpones it anew');
select ops.clock_advance(50 * 86400);
savepoint waits;
select is(pg_temp.cancel(false), 'cancelled', 'while it waits for new dates its old ones pass: it may be cancelled');
rollback to waits;
select is(pg_temp.dates('10 days'), 'on_sale 10', 'it gets dates instead');
select ops.clock_advance(11 * 86400 + 60);
select is(pg_temp.cancel(false), 'BX022', 'it was held: its organizer can''t cancel it');
select is(pg_temp.postpone(false), 'BX022', '... nor postpone it');
select app.event_complete(501, pg_temp.id('event'));
select is(pg_temp.cancel(false), 'BX022', '... nor when it is completed');
select is(pg_temp.postpone(), 'postponed', 'the platform postpones it');
select is(pg_temp.cancel(false), 'BX022', '... and it is over all the same for its organizer');
select is(pg_temp.postpone(false), 'postponed', '... postponed already is no change');
select is(pg_temp.cancel(true), 'cancelled', '... not for the platform');
select is(pg_temp.cancel(false), 'cancelled', '... cancelled already is no change');
select is(pg_temp.window('order a'), 'open frozen', 'a guest may ask');

select * from finish();
rollback;
