-- Proves that what does not agree is written down once for each kind and
-- object, with its trace and the news of it, and that a function's own ids are
-- ids of their organizer. By telling the same twice, of two objects and in two kinds.
begin;
select no_plan();
\ir lib/shop.sql

create function pg_temp.tell(p_kind text, p_object text, p_amount bigint default 100) returns boolean language sql as $$
    select app.discrepancy_open(501, p_kind, pg_temp.id(p_object), pg_temp.id('order'), p_amount, 'USD', 'more than it holds', 'tester', 'request') $$;
select is(pg_temp.tell('over_captured', 'refund a'), true, 'a discrepancy is new');
select is(pg_temp.tell('over_captured', 'refund a', 200), false, 'told again it is not');
select is(pg_temp.tell('over_captured', 'refund b'), true, 'that of another object is');
select is(pg_temp.tell('late', 'refund a'), true, 'and that of another kind');
select throws_ok($$select pg_temp.tell('odd', 'refund a')$$, '23514', null, 'a kind that nobody knows is refused');
select results_eq($$select kind, object_id, order_id, amount, currency, detail, status, version, resolved_at, resolution from app.discrepancies
    where object_id = pg_temp.id('refund a') order by kind$$,
    $$values ('late', pg_temp.id('refund a'), pg_temp.id('order'), 100::bigint, 'USD', 'more than it holds', 'open', 1, null::timestamptz, null::text),
        ('over_captured', pg_temp.id('refund a'), pg_temp.id('order'), 100, 'USD', 'more than it holds', 'open', 1, null, null)$$,
    'it is open, as it was told first');
select results_eq($$select count(*), count(a.object_id), count(b.object_id) from app.discrepancies d
    left join ops.audit a on a.org = d.org and a.action = 'discrepancy.opened' and a.object_id = d.id and a.version = 1 and a.body::jsonb ->> 'kind' = d.kind
    left join ops.outbox b on b.org = d.org and b.type = 'reconciliation.discrepancy' and b.object_id = d.id and b.body::jsonb ->> 'object' = d.object_id::text$$,
    'values (3::bigint, 3::bigint, 3::bigint)', 'each with its audit row and its news, once');
select throws_ok($$update app.discrepancies set status = 'resolved' where kind = 'late'$$, '23514', null, 'none is resolved without time and reason');

-- As src/base/id.c: version 8, the variant, the organizer's number, now.
create function pg_temp.bits(p_id uuid) returns bit(128) language sql as $$ select ('x' || replace(p_id::text, '-', ''))::bit(128) $$;
select is(substring(pg_temp.bits(ops.id_new(o)) from 67 for 32)::int, o, 'an id is of organizer ' || o) from unnest('{0,1,501,2147483647}'::int[]) o;
select is(substring(pg_temp.bits(ops.id_new(501)) from 49 for 4)::text || substring(pg_temp.bits(ops.id_new(501)) from 65 for 2)::text, '100010',
    'of version 8');
select cmp_ok(abs(substring(pg_temp.bits(ops.id_new(501)) from 1 for 48)::bigint - extract(epoch from clock_timestamp()) * 1000), '<', 5000::numeric, 'and of now');
select is((select count(distinct ops.id_new(501)) from generate_series(1, 1000)), 1000::bigint, 'and each is another');

select * from finish();
rollback;
