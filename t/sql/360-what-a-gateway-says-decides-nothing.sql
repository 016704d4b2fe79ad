-- Proves that what a gateway says by itself of a charge or a refund changes no
-- record and no book, and has it looked up exactly where it differs from what
-- we know. By each state of an attempt with each word and transaction.
begin;
select no_plan();
\ir lib/shop.sql
update app.ticket_buckets set remaining = 1000 where type_id = pg_temp.id('floor');

-- All that may not change (what was heard may), and the look-ups asked for.
create function pg_temp.records() returns text language sql as $$
    select md5(concat_ws('|', (select string_agg((to_jsonb(p) - 'heard')::text, ',' order by id) from app.payments p),
        (select string_agg(to_jsonb(o)::text, ',' order by id) from app.orders o),
        (select string_agg(to_jsonb(e)::text, ',' order by id) from ledger.entries e), (select count(*) from ops.audit), (select count(*) from ops.outbox),
        (select string_agg(to_jsonb(j)::text, ',' order by object_id) from ops.jobs j where kind not in ('payment_lookup', 'refund_external')))) $$;
create function pg_temp.asked() returns text language sql as $$
    select coalesce(string_agg(org || ' ' || case when due_at <= clock_timestamp() then 'now'
            when due_at <= clock_timestamp() + interval '2 s' then 'soon' else 'later' end
        || case when business then ' by business' else '' end, ',' order by object_id), 'none') from ops.jobs where kind = 'payment_lookup' $$;

-- What is said of an attempt in a state, and what is done; wet after dry, then undone.
create function pg_temp.hear(p_state text, p_own text, p_said text, p_transaction text) returns text language plpgsql as $$
declare
    v_before text;
    v_dry record;
    v_wet record;
begin
    begin
        if p_state <> 'absent' then
            perform pg_temp.sending('p');
            update app.payments set state = p_state, gateway_transaction = p_own where id = pg_temp.id('payment p');
            if p_state not in ('sending', 'unknown') then
                perform pg_temp.second('payment p', 'second');
            end if;
        end if;
        delete from ops.jobs where kind = 'payment_lookup';
        v_before := pg_temp.records();
        select * into v_dry from app.payment_heard(501, pg_temp.id('payment p'), p_said, p_transaction, true, 'event');
        if pg_temp.asked() <> 'none' then
            raise exception using errcode = 'UNDO1', message = 'a dry run asked';
        end if;
        select * into v_wet from app.payment_heard(501, pg_temp.id('payment p'), p_said, p_transaction, false, 'event');
        raise exception using errcode = 'UNDO1', message = case when v_dry is distinct from v_wet then 'dry it is ' || v_dry
            when v_before <> pg_temp.records() then 'it changed a record' else concat_ws(' ', v_wet.verdict, pg_temp.asked(), v_wet.state) end;
    exception when sqlstate 'UNDO1' then
        return sqlerrm;
    end;
end $$;

create temp table said (n int generated always as identity, states text[], own text, word text, transaction text, verdict text);
insert into said (states, own, word, transaction, verdict) values
    ('{absent}', null, 'approved', 'own', 'lost 501 now'),
    ('{absent}', null, 'approved', null, 'lost 501 now'),
    ('{absent}', null, 'declined', 'own', 'nothing none'),
    ('{absent}', null, 'voided', 'own', 'nothing none'),
    ('{absent}', null, 'undecided', 'own', 'nothing none'),
    ('{sending}', null, 'approved', 'own', 'asked 501 soon'),
    ('{sending}', null, 'declined', 'own', 'asked 501 soon'),
    ('{sending}', null, 'voided', 'own', 'asked 501 soon'),
    ('{sending}', null, 'undecided', 'own', 'asked 501 soon'),
    ('{unknown}', null, 'approved', 'own', 'asked 501 now'),
    ('{unknown}', 'own', 'approved', 'own', 'asked 501 now'),
    ('{unknown}', null, 'declined', 'own', 'asked 501 now'),
    ('{unknown}', null, 'voided', 'own', 'asked 501 now'),
    ('{unknown}', null, 'undecided', 'own', 'asked 501 now'),
    ('{succeeded,late_approved,voided}', 'own', 'approved', 'own', 'known none'),
    ('{succeeded,late_approved,voided}', 'own', 'approved', 'other', 'asked 501 now'),
    ('{succeeded,late_approved,voided}', 'own', 'approved', null, 'asked 501 now'),
    ('{succeeded,late_approved,voided}', 'own', 'approved', 'gateway second', 'known none'),
    ('{succeeded,late_approved,voided}', 'own', 'declined', 'other', 'known none'),
    ('{succeeded,late_approved,voided}', 'own', 'voided', 'own', 'known none'),
    ('{succeeded,late_approved,voided}', 'own', 'undecided', 'own', 'known none'),
    ('{declined,not_sent,not_found_final}', null, 'approved', 'other', 'asked 501 now'),
    ('{declined,not_sent,not_found_final}', null, 'approved', null, 'asked 501 now'),
    ('{declined,not_sent,not_found_final}', 'own', 'approved', 'own', 'asked 501 now'),
    ('{declined,not_sent,not_found_final}', 'own', 'approved', 'other', 'asked 501 now'),
    ('{declined,not_sent,not_found_final}', 'own', 'approved', 'gateway second', 'known none'),
    ('{declined,not_sent,not_found_final}', 'own', 'declined', 'own', 'known none'),
    ('{declined,not_sent,not_found_final}', null, 'voided', 'other', 'known none'),
    ('{declined,not_sent,not_found_final}', null, 'undecided', 'other', 'known none');
select is(pg_temp.hear(s, own, word, transaction), verdict || case s when 'absent' then '' else ' ' || s end,
    format('%s%s, and it says %s%s', s, ' as ' || own, word, ' of ' || transaction)) from said, unnest(states) s order by n, s;

-- A refund is an attempt like another.
create function pg_temp.hear_refund(p_state text, p_said text) returns text language plpgsql as $$
declare
    v_verdict text;
begin
    begin
        perform pg_temp.unplaced('r'), pg_temp.give_back('capture r', 'refund r');
        update app.payments set state = p_state, gateway_transaction = case p_state when 'succeeded' then 'own' end where id = pg_temp.id('refund r');
        select concat_ws(' ', h.verdict, h.state) into v_verdict from app.payment_heard(501, pg_temp.id('refund r'), p_said, 'own', true, 'event') h;
        raise exception using errcode = 'UNDO1', message = v_verdict;
    exception when sqlstate 'UNDO1' then
        return sqlerrm;
    end;
end $$;
select is(pg_temp.hear_refund(s, 'approved'), case s when 'succeeded' then 'known ' else 'asked ' end || s, 'a refund that is ' || s || ', and it says approved')
from unnest('{sending,unknown,succeeded,declined,not_sent,not_found_final}'::text[]) s;
select is(pg_temp.hear_refund(s, 'declined'), case when s in ('sending', 'unknown', 'succeeded') then 'asked ' else 'known ' end || s,
    'a refund that is ' || s || ', and it says declined')
from unnest('{sending,unknown,succeeded,declined,not_sent,not_found_final}'::text[]) s;

-- A look-up that is there: it is due now, from the start, and whoever is at it was asked before this was said.
select pg_temp.sending('a'), pg_temp.settle('payment a', 'unknown');
update ops.jobs set due_at = now() + interval '5 min', attempts = 9, buried_at = now(), lease = pg_temp.id('lease'), leased_until = now() + interval '1 min'
    where object_id = pg_temp.id('payment a');
select app.payment_heard(501, pg_temp.id('payment a'), 'approved', 'other', true, 'event');
select results_eq($$select due_at > now(), attempts, buried_at is null, lease is null from ops.jobs where object_id = pg_temp.id('payment a')$$,
    'values (true, 9, false, false)', 'dry, a look-up that is there stays as it was');
select app.payment_heard(501, pg_temp.id('payment a'), 'approved', 'other', false, 'event');
select results_eq($$select due_at <= clock_timestamp(), attempts, buried_at is null, lease is null from ops.jobs where object_id = pg_temp.id('payment a')$$,
    'values (true, 0, true, true)', 'else it begins anew, now');
select results_eq($$select * from app.payment_heard(502, pg_temp.id('payment a'), 'approved', 'other', true, 'event')$$, $$values ('lost', null::text)$$,
    'another organizer has no such attempt');

-- Money of a charge went back, under no reference of a refund of ours: by a void, whose transaction is the charge's, or by a refund.
create function pg_temp.asked_back() returns text language sql as $$
    select coalesce((select string_agg(org || case when due_at <= clock_timestamp() then ' now' else ' later' end, ',') from ops.jobs
        where kind = 'refund_external'), 'none') $$;
create function pg_temp.hear_back(p_charge text, p_gateway text default 'nmi', p_attempt uuid default null, p_refund text default null,
    p_amount bigint default 0, p_said text default 'approved') returns text language plpgsql as $$
declare
    v_before text;
    v_dry record;
    v_wet record;
begin
    delete from ops.jobs where kind in ('payment_lookup', 'refund_external');
    v_before := pg_temp.records();
    select * into v_dry from app.refund_heard(501, p_attempt, p_said, p_charge, coalesce(p_refund, p_charge), p_amount, p_gateway, true, 'event');
    if pg_temp.asked() <> 'none' or pg_temp.asked_back() <> 'none' then
        return 'a dry run asked';
    end if;
    select * into v_wet from app.refund_heard(501, p_attempt, p_said, p_charge, coalesce(p_refund, p_charge), p_amount, p_gateway, false, 'event');
    return case when v_dry is distinct from v_wet then 'dry it is ' || v_dry when v_before <> pg_temp.records() then 'it changed a record'
        else concat_ws(' ', v_wet.verdict, pg_temp.asked(), pg_temp.asked_back(), v_wet.state) end;
end $$;
create function pg_temp.refund_is(p_refund text, p_state text, p_transaction text default null) returns void language sql as $$
    update app.payments set state = p_state, gateway_transaction = p_transaction where id = pg_temp.id(p_refund) $$;
select is(pg_temp.hear_back('nobody''s'), 'kept none none', 'of a charge that we do not know: kept');
select pg_temp.unplaced('b');
select is(pg_temp.hear_back('gateway payment b'), 'asked none 501 now succeeded', 'of a sale that we gave nothing back of: what went back is asked');
select is(pg_temp.hear_back('gateway capture b'), 'asked none 501 now late_approved', 'of an unplaced capture before its refund: likewise');
select pg_temp.give_back('capture b', 'refund b');
select is(pg_temp.hear_back('gateway capture b'), 'asked 501 now 501 now late_approved', 'while its refund is sent: that is looked up too');
select is(pg_temp.hear_back('gateway capture b', 'stripe'), 'kept none none', 'but not when another gateway says it');
select is(pg_temp.hear_back('gateway payment b'), 'asked none 501 now succeeded', 'nor of another charge of the order');
select results_eq($$select * from app.refund_heard(502, null, 'approved', 'gateway capture b', 'gateway capture b', 0, 'nmi', false, 'event')$$,
    $$values ('kept', null::text)$$, 'or another organizer''s');
select is(pg_temp.hear_back('voided before a restore', 'nmi', pg_temp.id('payment b')), 'asked 501 now none succeeded',
    'of a charge that the books have not, under an attempt that they have: the attempt is looked up');
select is(pg_temp.hear_back('nobody''s', 'nmi', pg_temp.id('lost')), 'kept none none', '... but not one that they have not');
select pg_temp.refund_is('refund b', 'unknown');
select is(pg_temp.hear_back('gateway capture b'), 'asked 501 now 501 now late_approved', 'while nobody knows its end: looked up');
create function pg_temp.hear_after(p_state text) returns text language plpgsql as $$
begin
    perform pg_temp.refund_is('refund b', p_state);
    return pg_temp.hear_back('gateway capture b');
end $$;
select is(pg_temp.hear_after(s), 'asked none 501 now late_approved', 'once it is ' || s || ' there is none to look up')
from unnest('{declined,not_sent,not_found_final}'::text[]) s;
select pg_temp.give_back('capture b', 'refund b2');
select is(pg_temp.hear_back('gateway capture b'), 'asked 501 now 501 now late_approved', 'a second try is looked up');
select results_eq($$select object_id from ops.jobs where kind = 'payment_lookup'$$, $$values (pg_temp.id('refund b2'))$$, 'and only that');
select pg_temp.settle_refund('refund b2', 'succeeded');
select is(pg_temp.hear_back('gateway capture b'), 'known none none voided', 'once it has succeeded it is known');
select is(pg_temp.hear_back('gateway refund b2'), 'kept none none', 'a refund''s transaction is no charge''s');

-- Several refunds of one charge, in whatever order they are read.
create function pg_temp.part(p_name text, p_state text) returns void language sql as $$
    insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind, capture_id)
    values (501, pg_temp.id(p_name), pg_temp.id('order b'), 'nmi', p_name, 1, 'USD', p_state, now(), now(), 'refund', pg_temp.id('payment b')) $$;
select pg_temp.part('part 1', 'succeeded'), pg_temp.part('part 2', 'unknown'), pg_temp.part('part 3', 'sending'), pg_temp.part('part 4', 'succeeded'),
    pg_temp.part('part 5', 'declined');
select is(pg_temp.hear_back('gateway payment b'), 'asked 501 now,501 now 501 now succeeded', 'of several refunds of a charge');
select set_eq($$select object_id from ops.jobs where kind = 'payment_lookup'$$, $$values (pg_temp.id('part 2')), (pg_temp.id('part 3'))$$,
    'those are looked up that nobody knows the end of');
delete from app.payments where id in (pg_temp.id('part 2'), pg_temp.id('part 3'));
select is(pg_temp.hear_back('gateway payment b', p_amount => 2), 'known none none succeeded', 'when all have one, and they are what went back, it is known');
select is(pg_temp.hear_back('gateway payment b', p_amount => 3), 'asked none 501 now succeeded', 'when more went back it is not');

-- A refund by its own id, whose end is or is not in the books.
update app.payments set gateway_transaction = name from (values ('part 1'), ('part 5')) n (name) where id = pg_temp.id(name);
select is(pg_temp.hear_back('gateway payment b', p_refund => 'part 1'), 'known none none succeeded', 'one that is booked is known');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'part 1', p_said => 'declined'), 'asked none 501 now succeeded', 'that it failed is not');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'part 5', p_said => 'declined'), 'known none none succeeded', 'but of one that did');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'by hand', p_said => 'declined'), 'known none none succeeded', 'or was never booked');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'by hand'), 'asked none 501 now succeeded', 'one that is not booked is asked for');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'by hand'), 'asked none 501 now succeeded', 'again and again,');
select app.refund_reports_done(501, 'nmi', 'gateway payment b', '{by hand}');
select is(pg_temp.hear_back('gateway payment b', p_refund => 'by hand'), 'known none none succeeded', 'until it is made out');
select results_eq($$select told @> '{by hand}', cardinality(told) from app.refund_charge(501, pg_temp.id('payment b'))$$, 'values (true, 3)',
    'it is told of once');

-- Another charge that was told of while the attempt was open is looked up once it is settled.
create function pg_temp.settled_after(p_heard text[], p_to text) returns text language plpgsql as $$
declare
    v_name text := concat_ws(' ', p_to, p_heard::text);
begin
    perform pg_temp.sending(v_name);
    perform app.payment_heard(501, pg_temp.id('payment ' || v_name), 'approved', h, false, 'event') from unnest(p_heard) h;
    perform app.payment_heard(501, pg_temp.id('payment ' || v_name), 'approved', h, true, 'event') from unnest('{dry}'::text[]) h;
    perform pg_temp.settle('payment ' || v_name, p_to);
    return (select string_agg(kind, ',') from ops.jobs where kind = 'payment_lookup' and object_id = pg_temp.id('payment ' || v_name)
        and due_at <= clock_timestamp());
end $$;
select is(pg_temp.settled_after('{}', 'succeeded'), null, 'an attempt of which nothing was heard needs no look-up when it is settled');
select is(pg_temp.settled_after(array['gateway payment succeeded {gateway payment x}'], 'succeeded'), 'payment_lookup',
    'one of which another charge was heard does');
select is(pg_temp.settled_after('{T1}', 'declined'), 'payment_lookup', 'and one that was declined, and was heard to be charged');
select pg_temp.sending('own');
select app.payment_heard(501, pg_temp.id('payment own'), 'approved', 'gateway payment own', false, 'event');
select app.payment_heard(501, pg_temp.id('payment own'), 'approved', 'gateway payment own', false, 'event');
select is((select heard from app.payments where id = pg_temp.id('payment own')), array['gateway payment own'], 'it is kept once');
select pg_temp.settle('payment own', 'succeeded');
select is((select count(*) from ops.jobs where kind = 'payment_lookup' and object_id = pg_temp.id('payment own')), 0::bigint,
    'the charge itself needs none');

-- Hearing of it again and again puts no look-up off.
select pg_temp.sending('often');
update ops.jobs set due_at = clock_timestamp() + interval '1 s' where object_id = pg_temp.id('payment often');
create temp table due_first as select due_at from ops.jobs where kind = 'payment_lookup' and object_id = pg_temp.id('payment often');
select app.payment_heard(501, pg_temp.id('payment often'), 'approved', 'often', false, 'event') from generate_series(1, 3);
select is((select due_at from ops.jobs where kind = 'payment_lookup' and object_id = pg_temp.id('payment often')), (select due_at from due_first),
    'a look-up that is due sooner stays so');

select * from finish();
rollback;
