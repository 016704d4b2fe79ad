-- Proves that a batch tries no more orders in a second than it may, nor any
-- while too many refunds are on their way; that refunds which back off for long
-- hold nothing up; and that the clock may be set back. By its next turn, asked
-- for in each of these.
begin;
select no_plan();
\ir lib/shop.sql

-- A turn of up to 5, at 20 a second, while less than 32 refunds are on their way.
create function pg_temp.next() returns text language sql as $$
    select verdict || ' ' || cardinality(orders) from app.batch_next(501, pg_temp.id('batch'), 20, 32, 5) $$;
create function pg_temp.send(p_n int, p_due interval, p_leased interval default null) returns void language sql as $$
    delete from ops.jobs where kind = 'refund_send';
    insert into ops.jobs (org, kind, object_id, due_at, leased_until)
    select 501, 'refund_send', pg_temp.id('sent ' || i), clock_timestamp() + p_due, clock_timestamp() + p_leased from generate_series(1, p_n) i $$;
create function pg_temp.tried(p_at interval, p_n int) returns void language sql as $$
    update app.batch_orders set tried_at = clock_timestamp() + p_at
    where order_id in (select order_id from app.batch_orders order by order_id limit p_n) $$;

do $$ begin
    for i in 1 .. 30 loop
        perform pg_temp.sending(i::text);
        perform pg_temp.settle('payment ' || i, 'succeeded');
    end loop;
    perform app.event_cancel(501, pg_temp.id('event'), pg_temp.id('batch'), null, true, 'tester', 'request');
    perform app.batch_plan(501, pg_temp.id('batch'), '00000000-0000-0000-0000-000000000000', 100);
end $$;
select is(pg_temp.next(), 'go 5', 'a turn');

select pg_temp.tried('-0.1 s', 18);
select is(pg_temp.next(), 'go 2', 'in a second no more than the rate');
select pg_temp.tried('-2 s', 18);
select is(pg_temp.next(), 'go 5', '... in another, again');
select pg_temp.tried('1 h', 25);
select is(pg_temp.next(), 'go 5', 'what was tried before the clock was set back is long ago');

select pg_temp.send(29, '0');
select is(pg_temp.next(), 'go 3', 'no more refunds on their way than may be');
select pg_temp.send(32, '10 s');
select is(pg_temp.next(), 'slow 0', '... due soon are on their way');
select pg_temp.send(32, '1 h', '30 s');
select is(pg_temp.next(), 'slow 0', '... as are those at which somebody works');
select pg_temp.send(40, '1 h');
select is(pg_temp.next(), 'go 5', '... not those that back off for an hour');
select pg_temp.send(40, '1 h', '-1 s');
select is(pg_temp.next(), 'go 5', '... nor whose worker is gone');

select * from finish();
rollback;
