-- Proves that a payment changes its state only along the arrows of its
-- machine, that whoever comes second gets BX022, and that an order never has
-- two live attempts. By trying every state with every target, and each call
-- that can come at the wrong time.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 10000 where type_id = pg_temp.id('floor');

create temp table states (state text);
insert into states select unnest('{sending,succeeded,declined,not_sent,unknown,not_found_final,late_approved,voided}'::text[]);
create temp table arrows (a text, b text);
insert into arrows values ('sending', 'succeeded'), ('sending', 'declined'), ('sending', 'not_sent'), ('sending', 'unknown'),
    ('unknown', 'succeeded'), ('unknown', 'declined'), ('unknown', 'not_found_final'),
    ('declined', 'succeeded'), ('not_sent', 'succeeded'), ('not_found_final', 'succeeded');

select matches(pg_get_constraintdef(oid), state, state || ' is a state of the table') from states, pg_constraint where conname = 'payments_state_check' order by state;
select is((select count(*) from states), (select count(*) from pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''(\w+)''', 'g')
    where c.conname = 'payments_state_check'), 'and there are no others');

-- A payment in the state, on an order that is processing; held where p_held and the payment came to nothing.
create function pg_temp.payment_in(p_name text, p_state text, p_held boolean default false) returns void language plpgsql as $$
begin
    perform pg_temp.sending(p_name);
    if p_state = 'unknown' then
        perform pg_temp.settle('payment ' || p_name, 'unknown');
    else
        update app.payments set state = p_state where org = 501 and id = pg_temp.id('payment ' || p_name);
    end if;
    if p_held and p_state in ('declined', 'not_sent', 'not_found_final') then
        perform app.order_held_again(501, pg_temp.id('order ' || p_name), 'tester', 'request');
    end if;
end $$;
create function pg_temp.try(p_from text, p_to text) returns text language plpgsql as $$
begin
    perform pg_temp.payment_in(p_from || p_to, p_from, true);
    perform pg_temp.settle('payment ' || p_from || p_to, p_to);
    return pg_temp.state('payment ' || p_from || p_to);
end $$;

select case when exists (select from arrows where (a, b) = (f.state, t.state))
    then is(pg_temp.try(f.state, t.state), t.state, f.state || ' -> ' || t.state)
    else throws_ok(format('select pg_temp.try(%L, %L)', f.state, t.state), 'BX022', 'the payment is ' || f.state, f.state || ' -> ' || t.state || ' is refused')
    end
from states f cross join states t order by f.state, t.state;
select pg_temp.payment_in('late ' || s, s), pg_temp.settle('payment late ' || s, 'succeeded') from unnest('{declined,not_sent,not_found_final}'::text[]) s;
select is(pg_temp.state('payment late ' || s), 'late_approved', s || ' -> succeeded ends as late_approved where its order does not take it')
from unnest('{declined,not_sent,not_found_final}'::text[]) s;

-- A refund runs on the same machine.
create function pg_temp.try_refund(p_from text, p_to text) returns text language plpgsql as $$
declare
    v_name text := 'refund ' || p_from || p_to;
begin
    perform pg_temp.unplaced(v_name);
    perform pg_temp.give_back('capture ' || v_name, v_name);
    update app.payments set state = p_from where org = 501 and id = pg_temp.id(v_name);
    perform pg_temp.settle_refund(v_name, p_to, case when p_from = 'succeeded' then 11400 else -11400 end);
    return pg_temp.state(v_name);
end $$;
select case when exists (select from arrows where (a, b) = (f.state, t.state)) or (f.state, t.state) = ('succeeded', 'declined')
    then is(pg_temp.try_refund(f.state, t.state), t.state, 'a refund: ' || f.state || ' -> ' || t.state)
    else throws_ok(format('select pg_temp.try_refund(%L, %L)', f.state, t.state), 'BX022', 'the payment is ' || f.state,
        'a refund: ' || f.state || ' -> ' || t.state || ' is refused')
    end
from states f cross join states t order by f.state, t.state;

select throws_ok(format('select pg_temp.try(%L, %L)', state, 'refunded'), 'BX022', null, state || ' -> a word that is no state is refused') from states;
select throws_ok($$select pg_temp.try('sending', null)$$, '23502', null, 'sending -> null is refused');

-- Not ours, or not there: nothing is written.
select throws_ok(format($$select app.payment_settle(501, pg_temp.id('nobody'), %L, null, null, null, null, null, '{}', '{}', null, '{}', '{}', 1000, 't', 'r')$$,
    state),
    'BX003', null, 'a payment that does not exist can''t become ' || state) from states where state <> 'sending';
select pg_temp.sending('mine');
select throws_ok($$select app.payment_settle(502, pg_temp.id('payment mine'), 'unknown', null, null, null, null, null, '{}', '{}', null, '{}', '{}', 1000, 't', 'r')$$,
    'BX003', null, 'nor can one of another organizer');

-- The second live attempt.
select throws_ok($$select pg_temp.begin('second', 'order mine')$$, '23505', null, 'while an attempt is sending there can''t be another');
select pg_temp.settle('payment mine', 'unknown');
select throws_ok($$select pg_temp.begin('second', 'order mine')$$, '23505', null, 'nor while its outcome is unknown');
select pg_temp.settle('payment mine', 'succeeded');
select throws_ok($$select pg_temp.begin('second', 'order mine')$$, 'P0001', null, 'nor once it has succeeded');
select throws_ok($$insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at)
    values (501, gen_random_uuid(), pg_temp.id('order mine'), 'nmi', 'raw', 1, 'USD', 'unknown', now(), now())$$, '23505', null, 'not even by a raw INSERT');
select pg_temp.sending('three');
select lives_ok(format($$
    do $body$ begin
        perform pg_temp.payment_in(%1$L, 'sending');
        perform pg_temp.settle('payment ' || %1$L, case when %1$L = 'not_found_final' then 'unknown' else %1$L end);
        if %1$L = 'not_found_final' then perform pg_temp.settle('payment ' || %1$L, %1$L); end if;
        perform app.order_pay(501, pg_temp.id('order ' || %1$L), 'tester', 'request');
        perform pg_temp.begin('another ' || %1$L, 'order ' || %1$L);
    end $body$ $$, s), 'after an attempt that ended as ' || s || ' there can be another')
from unnest('{declined,not_sent,not_found_final}'::text[]) s;

select throws_ok($$select pg_temp.begin('payment three', 'order three')$$, '23505', null, 'an attempt''s id is used once');
select throws_ok($$update app.payments set reference = 'reference of payment mine' where id = pg_temp.id('payment three')$$, '23505', null,
    'its reference is used once');
select throws_ok($$update app.payments set gateway_transaction = 'gateway payment mine' where id = pg_temp.id('payment three')$$, '23505', null,
    'and one transaction of the gateway pays one attempt');
select throws_ok($$update app.payments set kind = 'refund' where id = pg_temp.id('payment three')$$, '23514', null, 'a refund names its capture');
select throws_ok($$update app.payments set kind = 'gift', capture_id = id where id = pg_temp.id('payment three')$$, '23514', null,
    'an attempt is a charge or a refund');
select throws_ok($$update app.payments set unplaced = true where id = pg_temp.id('payment three')$$, '23514', null,
    'and no charge gives an unplaced capture back');
select pg_temp.unplaced('void'), pg_temp.give_back('capture void', 'refund void');
select lives_ok($$update app.payments set gateway_transaction = 'gateway capture void' where id = pg_temp.id('refund void')$$,
    'a void has the transaction of the charge that it undoes');
select throws_ok($$select pg_temp.begin('other', 'order three', 11399)$$, 'P0001', null, 'nothing but the order''s total is charged');
select throws_ok($$select pg_temp.begin('zero', 'order three', 0)$$, 'P0001', null, 'least of all nothing');

-- What look-ups found is counted, and moves nothing.
create temp table looked (n int generated always as identity, not_found boolean, not_founds int, lookups int);
insert into looked (not_found, not_founds, lookups) values (true, 1, 1), (true, 2, 2), (null, 2, 3), (true, 3, 4), (false, 0, 5), (null, 0, 6), (true, 1, 7);
select pg_temp.sending('looked'), pg_temp.settle('payment looked', 'unknown');
select results_eq(format($$select * from app.payment_looked_up(501, pg_temp.id('payment looked'), %L)$$, not_found),
    format('values (%s, %s)', not_founds, lookups), format('look-up %s, not found: %s', lookups, coalesce(not_found::text, 'it said nothing that counts')))
from looked order by n;
select is(pg_temp.state('payment looked') || ' ' || pg_temp.status('order looked'), 'unknown processing', 'an attempt is not over by being looked up');

select * from finish();
rollback;
