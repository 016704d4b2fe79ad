-- Proves that every invariant of `boxoffice verify` holds on books that have
-- seen sales, lost answers, late charges and refunds, and that each sees its own
-- break and only what that implies. By breaking one row at a time, as the owner,
-- and asking all of them, over everything and over the last hours.
begin;
select no_plan();
\ir lib/shop.sql

create temp view invariants as
    select p.proname::text as fn, substring(p.proname from 'broken_(.*)') as name, 'p_recent_s' = any (p.proargnames) as recent
    from pg_proc p where p.pronamespace = 'ops'::regnamespace and p.proname like 'broken\_%';

-- The names of those that are broken; p_recent_s: of those that can be asked about a span.
create function pg_temp.broken(p_recent_s bigint default null) returns text language plpgsql as $$
declare
    v_row record;
    v_found boolean;
    v_names text[] := '{}';
begin
    for v_row in select * from invariants i where p_recent_s is null or i.recent order by i.name loop
        execute format('select exists (select from ops.%I(10%s))', v_row.fn, ', ' || p_recent_s) into v_found;
        if v_found then
            v_names := v_names || v_row.name;
        end if;
    end loop;
    return array_to_string(v_names, ' ');
end $$;

-- Breaks something, asks, and undoes it; "| …" when the last hours tell something else than everything.
create function pg_temp.told(p_break text) returns text language plpgsql as $$
declare
    v_all text;
    v_recent text;
    v_should text;
begin
    begin
        execute p_break;
        v_all := pg_temp.broken();
        v_recent := pg_temp.broken(10800);
        raise exception using errcode = 'UNDO1';
    exception when sqlstate 'UNDO1' then
        v_should := (select coalesce(string_agg(n, ' ' order by n), '') from unnest(string_to_array(v_all, ' ')) n join invariants i on i.name = n where i.recent);
        return v_all || case when v_recent <> v_should then ' | ' || v_recent else '' end;
    end;
end $$;

-- --- books in which something has happened ------------------------------------

create function pg_temp.key(p_payment text, p_status int) returns void language plpgsql as $$
begin
    perform ops.idem_claim(0, '00000000-0000-0000-0000-000000000000', 'key of ' || p_payment, 'POST', '/v1/orders', '\x00', 'request', 'server',
        45000, pg_temp.id(p_payment), pg_temp.id('run'));
    perform ops.idem_finish(0, '00000000-0000-0000-0000-000000000000', 'key of ' || p_payment, p_status, '\x01') where p_status is not null;
end $$;
do $$ begin
    perform pg_temp.open('order held', 'held');
    perform pg_temp.sending(n) from unnest('{paid,sent,unknown,declined}'::text[]) n;
    perform pg_temp.settle('payment paid', 'succeeded');
    perform pg_temp.settle('payment unknown', 'unknown');
    perform pg_temp.settle('payment declined', 'declined');
    perform pg_temp.unplaced(n) from unnest('{due,back,returned}'::text[]) n;
    perform pg_temp.give_back('capture back', 'refund back');
    perform pg_temp.give_back('capture returned', 'refund returned');
    perform pg_temp.settle_refund('refund returned', 'succeeded');
    perform pg_temp.key('payment paid', 201);
    perform pg_temp.key('payment sent', null);
    perform app.webhook_take('event', 'nmi', 'type', '\x01', false);
    perform pg_temp.promo('HUNDRED', '{"max_redemptions": 100, "budget_amount": 9000, "max_per_guest": 2, "stacks": true}');
    perform pg_temp.promo('OPEN', '{"stacks": true, "max_per_guest": 50}');
    perform pg_temp.discounted('order promo', 'held', '{OPEN,HUNDRED}', '{1000,900}');
    perform pg_temp.promo('DOOR', '{"max_redemptions": 20}');
    perform app.promo_take(501, pg_temp.id('order promo'), array[pg_temp.id('DOOR')], '{1}', '{6}', '{DOOR}', '{0}', '{0}', pg_temp.guest_key('ada'));
    perform pg_temp.discounted('order of bob', 'held', '{OPEN}', '{1000}', 'bob');
    perform pg_temp.discounted('order gone', 'held', '{HUNDRED}', '{1000}');
    perform app.order_cancel(501, pg_temp.id('order gone'), 'tester', 'request');
end $$;
select is(string_agg(state, ' ' order by state, id), 'declined late_approved late_approved sending sending succeeded succeeded succeeded succeeded succeeded unknown voided',
    'charges and refunds in every state that books can rest in') from app.payments;
select is(pg_temp.told(''), '', 'nothing is broken');

-- --- one break each --------------------------------------------------------------

create function pg_temp.entry(p_effect text, p_object text, p_change text) returns text language sql as $$
    select format('update ledger.entries set amounts = (select array_agg(a + d order by i) from unnest(amounts, %L::bigint[]) with ordinality u (a, d, i))
        where effect = %L and object_id = pg_temp.id(%L)', p_change, p_effect, p_object) $$;
create function pg_temp.payment(p_payment text, p_set text) returns text language sql as $$
    select format('update app.payments set %s where id = pg_temp.id(%L)', p_set, p_payment) $$;
create function pg_temp.let_in(p_set text) returns text language sql as $$
    select format('select app.ticket_scan(501, pg_temp.id(''scan''), pg_temp.id(%1$L), null, null, ''North'', null, false, ''tester'', ''request'')', t)
        || case when p_set <> '' then format('; update app.tickets set %s where id = pg_temp.id(%L)', p_set, t) else '' end
    from (values ('payment paid ticket 1')) x (t) $$;
create function pg_temp.job(p_object text, p_set text) returns text language sql as $$
    select format('update ops.jobs set %s where object_id = pg_temp.id(%L)', p_set, p_object) $$;

-- Closes the day of all that was booked here, or one before it, early.
create function pg_temp.close(p_before int) returns text language sql as $$
    select format('select ledger.close_org(501, %1$L, %2$L); insert into ledger.closed_days values (%1$L, 1, %2$L, now());',
        (select (max(recorded_at) at time zone 'UTC')::date - p_before from ledger.entries), 'Ada') $$;

-- The event was over so long ago, and its orders were paid before that.
create function pg_temp.over(p_ago interval) returns text language sql as $$
    select format($q$update app.events set status = 'completed', starts_at = ops.now() - interval '70 days', ends_at = ops.now() - interval '%s'
        where id = pg_temp.id('event');
        update app.orders set paid_at = ops.now() - interval '60 days' where paid_at is not null;
        update ledger.entries set occurred_at = ops.now() - interval '60 days' where effect = 'sale';$q$, p_ago) $$;
create function pg_temp.planned() returns text language sql as $$
    select $q$select app.orders_plan(501, pg_temp.id('event'), '00000000-0000-0000-0000-000000000000', 200);$q$ $$;
-- The event is cancelled, then its orders are in the batch.
create function pg_temp.cancelled() returns text language sql as $$
    select $q$select app.event_cancel(501, pg_temp.id('event'), pg_temp.id('batch'), null, true, 'tester', 'request');$q$ $$;
create function pg_temp.planned_batch() returns text language sql as $$
    select $q$select app.batch_plan(501, pg_temp.id('batch'), '00000000-0000-0000-0000-000000000000', 200);$q$ $$;
-- It has ended: the paid order is called so, what is left of the others is an operator's.
create function pg_temp.ended_batch(p_state text) returns text language sql as $$
    select pg_temp.cancelled() || pg_temp.planned_batch() || format($q$update app.batch_orders set state = case when order_id = pg_temp.id('order paid')
        then %L else 'failed' end; update app.batches set ended_at = now(); delete from ops.jobs where kind = 'refund_batch';$q$, p_state) $$;
-- Of its two tickets one is disputed.
create function pg_temp.half_disputed() returns text language sql as $$
    select $q$select app.dispute_seen(501, pg_temp.id('half'), pg_temp.id('payment paid'), 'nmi', 'half', 'warning', 5700, 'USD', 'fraudulent', null, 'tester', 'request');
        select app.dispute_opened(501, pg_temp.id('half'), 'needs_response', '{5700,1500,0,5000,0,5000,300,400,5000,0}', '{4500,500,0}',
        array[pg_temp.id('payment paid ticket 1')], '{5000,300,400,0,0,0,0}', pg_temp.id('entry of half'),
        '{gateway_clearing,dispute_receivable,organizer_pending,organizer_reserve,organizer_dispute_hold,dispute_fees}', '{-7200,5700,4500,500,-5000,1500}',
        'tester', 'request');$q$ $$;
-- A refund of half of what no order took.
create function pg_temp.half_back(p_name text, p_state text) returns text language sql as $$
    select format($q$insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind, capture_id, unplaced)
        select org, pg_temp.id(%1$L), order_id, gateway, %1$L, 5700, currency, %2$L, ops.now(), ops.now(), 'refund', id, true from app.payments
        where id = pg_temp.id('capture due');
        select ops.job_put(501, 'payment_lookup', pg_temp.id(%1$L), now() + '1 min', false, 'request');
        select ops.audit_put(501, 'tester', 'payment.refund_' || %2$L, pg_temp.id(%1$L), 1, 'request', '{}');$q$, p_name, p_state) $$;
-- All that was sold and booked was so before the last hours.
create function pg_temp.old() returns text language sql as $$
    select $q$update app.orders set created_at = created_at - interval '4 h'; update ledger.entries set recorded_at = recorded_at - interval '4 h';$q$ $$;
-- It is over anew, by another end.
create function pg_temp.over_anew(p_ago interval) returns text language sql as $$
    select format($q$update app.events set status = 'on_sale', ends_at = ops.now() - interval '%s' where id = pg_temp.id('event');
        select ops.clock_advance(60); select app.event_move(501, pg_temp.id('event'), 'completed', 'tester', 'request');$q$, p_ago) || pg_temp.planned() $$;
create function pg_temp.free() returns text language sql as $$ select pg_temp.planned() || 'select pg_temp.mature();' $$;

create temp table planted (ord int generated always as identity, expect text, says text, break text);
insert into planted (expect, says, break) values
('entries_balance paid_has_sale_entry', 'two crooked entries that make up for each other',
    'alter table ledger.entries drop constraint entries_balance; ' || pg_temp.entry('sale', 'order paid', '{0,0,0,0,0,0,1}') || ';'
    || pg_temp.entry('sale', 'order due', '{0,0,0,0,0,0,-1}')),
('entries_balance paid_has_sale_entry trial_balance_zero', 'one crooked entry',
    'alter table ledger.entries drop constraint entries_balance; ' || pg_temp.entry('sale', 'order paid', '{0,0,0,0,0,0,1}')),
('accounts_right_sign paid_has_sale_entry', 'an organizer who owes what is pending', pg_temp.entry('sale', 'order paid', '{0,1000000,0,0,0,0,-1000000}')),
('checkpoints_agree', 'a checkpoint of nothing', $$insert into ledger.checkpoints values (501, 'USD', '{bank,refunds}', '{5,-5}', now())$$),
('checkpoints_agree', 'a horizon beyond what was folded', $$insert into ledger.horizons values (501, ops.node_id(), '9000000000000000000')$$),
('', 'though not one of a node that wrote nothing', $$insert into ledger.horizons values (501, 42, '9000000000000000000')$$),
('', 'a day that is closed', pg_temp.close(0)),
('closed_days_stand', 'and whose figures were changed', pg_temp.close(0) || $$update ledger.closes set amounts[1] = amounts[1] + 1, amounts[2] = amounts[2] - 1$$),
('closed_days_stand', 'or its count', pg_temp.close(0) || 'update ledger.closes set entries = entries + 1'),
('closed_days_stand', 'an entry that was put into a closed day', pg_temp.close(1) || $$update ledger.entries set recorded_at = recorded_at - interval '1 day'
    where effect = 'sale' and object_id = pg_temp.id('order paid')$$),
('closed_days_stand', 'or taken out of it', pg_temp.close(0) || $$update ledger.entries set recorded_at = recorded_at + interval '2 days'
    where effect = 'sale' and object_id = pg_temp.id('order paid')$$),
('clearing_is_captured paid_has_sale_entry', 'a sale that clears a cent more', pg_temp.entry('sale', 'order paid', '{1,0,0,0,0,0,-1}')),
('capture_is_booked transit_is_owed', 'a capture booked as tax',
    $$update ledger.entries set accounts = '{gateway_clearing,tax_payable}' where effect = 'unplaced_capture' and object_id = pg_temp.id('capture due')$$),
('entry_has_object', 'a sale of an order that is held', $$select ledger.entry_post(501, pg_temp.id('e'), 'sale', pg_temp.id('order held'),
    pg_temp.id('order held'), null, 'USD', '{tax_payable,ticket_revenue}', '{5,-5}', now(), null)$$),
('entry_has_object', 'an effect that nobody posts', $$select ledger.entry_post(501, pg_temp.id('e'), 'gift', pg_temp.id('order paid'),
    pg_temp.id('order paid'), null, 'USD', '{tax_payable,ticket_revenue}', '{5,-5}', now(), null)$$),
('entry_has_object', 'a refund of a refund that is under way', $$select ledger.entry_post(501, pg_temp.id('e'), 'refund_settled', pg_temp.id('refund back'),
    null, null, 'USD', '{tax_payable,ticket_revenue}', '{5,-5}', now(), null)$$),
('clearing_is_captured entry_has_object', 'an entry in another currency', $$update ledger.entries set currency = 'EUR' where effect = 'sale' and object_id = pg_temp.id('order paid')$$),
('order_adds_up', 'a line that costs a cent more', $$update app.order_lines set list = list + 1, net = net + 1, total = total + 1 where order_id = pg_temp.id('order held')$$),
('order_adds_up', 'tax called a fee', $$update app.order_lines set fee = fee + 1, tax = tax - 1 where order_id = pg_temp.id('order paid')$$),
('one_capture_per_order paid_has_capture', 'two charges for one order, none for another',
    'drop index app.payments_one_live;' || pg_temp.payment('payment due', $$order_id = pg_temp.id('order paid')$$)),
('paid_has_capture', 'one charged a cent too much and one too little', pg_temp.payment('payment paid', 'amount = amount + 1') || ';'
    || pg_temp.payment('payment due', 'amount = amount - 1')),
('audit_has_every_payment_change capture_has_order clearing_is_captured', 'a decline that succeeds', pg_temp.payment('payment declined', $$state = 'succeeded'$$)),
('capture_has_order paid_has_capture', 'a charge that changes its order', pg_temp.payment('payment paid', $$order_id = pg_temp.id('order held')$$)),
('capture_has_order paid_has_capture', 'a charge without an order', pg_temp.payment('payment paid', 'order_id = null')),
('paid_has_sale_entry', 'tax booked as a fee', pg_temp.entry('sale', 'order paid', '{0,0,0,1,0,-1,0}')),
('clearing_is_captured paid_has_sale_entry', 'a sale that was never booked', $$delete from ledger.entries where effect = 'sale' and object_id = pg_temp.id('order paid')$$),
('paid_has_tickets', 'a ticket lost', $$delete from app.tickets where id = pg_temp.id('payment paid ticket 1')$$),
('paid_has_tickets', 'a ticket worth a cent more', $$update app.tickets set net = net + 1 where id = pg_temp.id('payment paid ticket 1')$$),
('no_ticket_of_unpaid', 'a ticket of a held order', $$insert into app.tickets select org, pg_temp.id('t'), pg_temp.id('order held'), line, seat, type_id, 'stolen', status, net,
    guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee, created_at from app.tickets where id = pg_temp.id('payment paid ticket 1')$$),
('', 'a ticket that was let in', pg_temp.let_in('')),
('', 'and refunded since', pg_temp.let_in($$status = 'refunded'$$)),
('used_by_scan', 'a ticket that is used, and nobody let it in', $$update app.tickets set status = 'used', used_at = now() where id = pg_temp.id('payment paid ticket 1')$$),
('used_by_scan', 'one without the time', $$update app.tickets set status = 'used' where id = pg_temp.id('payment paid ticket 1')$$),
('used_by_scan', 'a ticket that was let in and is as new', pg_temp.let_in($$status = 'valid', used_at = null$$)),
('used_by_scan', 'one let in at another time', pg_temp.let_in($$used_at = used_at + interval '1 second'$$)),
('used_by_scan', 'one used and valid at once', pg_temp.let_in($$status = 'valid'$$)),
('tickets_counted', 'a ticket too many on sale', $$update app.ticket_buckets set remaining = remaining + 1 where type_id = pg_temp.id('floor') and bucket = 0$$),
('tickets_counted', 'a quantity changed by hand', $$update app.ticket_types set quantity = quantity - 1 where id = pg_temp.id('balcony')$$),
('promo_counted', 'a use too many', $$update app.promo_buckets set uses = uses + 1 where promo_id = pg_temp.id('HUNDRED') and bucket = 3$$),
('promo_counted', 'a use lost', $$update app.promo_buckets set uses = uses - 1 where promo_id = pg_temp.id('HUNDRED') and bucket = 3$$),
('promo_counted', 'a budget a cent too small', $$update app.promo_buckets set budget = budget - 1 where promo_id = pg_temp.id('HUNDRED') and bucket = 3$$),
('promo_counted', 'a limit changed by hand', $$update app.promo_codes set max_redemptions = 101 where id = pg_temp.id('HUNDRED')$$),
('promo_counted', 'or set where there was none', $$update app.promo_codes set budget_amount = 101 where id = pg_temp.id('OPEN')$$),
('promo_counted', 'or dropped', $$update app.promo_codes set max_redemptions = null where id = pg_temp.id('HUNDRED')$$),
('promo_counted', 'a bucket that never gets empty, where the others make up for it', $$update app.promo_buckets set uses = case bucket when 0 then null
    else (select max_redemptions - 1 from app.promo_codes where id = promo_id) * (bucket = 1)::int end where promo_id = pg_temp.id('HUNDRED')$$),
('promo_counted', 'a code without buckets', $$delete from app.promo_buckets where promo_id = pg_temp.id('OPEN')$$),
('promo_counted', 'more used than the limit, and less than nothing left', 'alter table app.promo_buckets drop constraint promo_buckets_uses_check;'
    'update app.promo_codes set max_redemptions = 1 where code = ''OPEN''; update app.promo_buckets set uses = -(bucket = 0)::int where promo_id = pg_temp.id(''OPEN'')'),
('promo_counted', 'a guest who counts for one more', $$update app.promo_guests set uses = uses + 1 where promo_id = pg_temp.id('OPEN')$$),
('promo_counted', 'or is forgotten', $$delete from app.promo_guests where promo_id = pg_temp.id('OPEN') and guest_key = pg_temp.guest_key('bob')$$),
('promo_counted', 'a slot that changes its guest', $$update app.promo_uses set guest_key = pg_temp.guest_key('eve') where order_id = pg_temp.id('order promo') and place = 1$$),
('promo_counted', 'a slot lost', $$delete from app.promo_uses where order_id = pg_temp.id('order promo') and place = 2$$),
('promo_counted', 'one given back that its order holds', $$update app.promo_uses set returned_at = now() where promo_id = pg_temp.id('OPEN')$$),
('promo_counted', 'a discount that is another', $$update app.promo_uses set discount = discount + 1 where promo_id = pg_temp.id('OPEN')$$),
('promo_counted', 'a code that is called otherwise', $$update app.promo_uses set code = 'FREE' where promo_id = pg_temp.id('OPEN')$$),
('promo_counted', 'codes in another order', $$update app.orders set promo_code = 'HUNDRED,OPEN' where id = pg_temp.id('order promo')$$),
('promo_counted', 'a code that nobody used', $$update app.orders set promo_code = 'OPEN' where id = pg_temp.id('order held')$$),
('outbox_tells_of_paid', 'an order that nobody is told of', $$delete from ops.outbox where type = 'order.paid' and object_id = pg_temp.id('order paid')$$),
('outbox_tells_of_paid', 'an order told twice', $$select ops.outbox_put(501, 'order.paid', pg_temp.id('order paid'), 99, '{}')$$),
('outbox_tells_of_paid', 'an order told and not paid', $$select ops.outbox_put(501, 'order.paid', pg_temp.id('order held'), 99, '{}')$$),
('processing_has_attempt', 'an attempt lost', $$delete from app.payments where id = pg_temp.id('payment sent')$$),
('held_expires', 'a hold without an end', $$delete from ops.jobs where object_id = pg_temp.id('order held')$$),
('attempt_has_lookup', 'a sender that nobody looks after', $$delete from ops.jobs where object_id = pg_temp.id('payment sent')$$),
('attempt_has_lookup', 'an unknown charge that nobody looks up', $$delete from ops.jobs where object_id = pg_temp.id('payment unknown')$$),
('attempt_has_lookup', 'a refund that nobody looks up', $$delete from ops.jobs where object_id = pg_temp.id('refund back')$$),
('attempt_not_overdue', 'sending for longer than a sender lives', pg_temp.payment('payment sent', $$armed_at = now() - interval '106 s'$$)),
('', 'though not before', pg_temp.payment('payment sent', $$armed_at = now() - interval '100 s'$$)),
('attempt_not_overdue', 'unknown for longer than the horizon', pg_temp.payment('payment unknown', $$armed_at = now() - interval '22 min'$$)),
('', 'though not before', pg_temp.payment('payment unknown', $$armed_at = now() - interval '21 min'$$)),
('capture_is_booked', 'captures booked a cent off, which make up for each other',
    pg_temp.entry('unplaced_capture', 'capture due', '{1,-1}') || ';' || pg_temp.entry('unplaced_capture', 'capture back', '{-1,1}')),
('capture_is_booked clearing_is_captured transit_is_owed', 'a refund that was never booked', $$delete from ledger.entries where effect = 'refund_settled'$$),
('unplaced_is_returned', 'a capture whose job is gone', $$delete from ops.jobs where object_id = pg_temp.id('capture due')$$),
('jobs_not_buried unplaced_is_returned', 'or buried', pg_temp.job('capture due', 'buried_at = now()')),
('', 'though not one whose refund is under way', $$delete from ops.jobs where object_id = pg_temp.id('capture back')$$),
('audit_has_every_payment_change transit_is_owed unplaced_is_returned', 'a capture voided by hand', pg_temp.payment('capture due', $$state = 'voided'$$)),
('refunds_within_capture', 'more given back than was captured', pg_temp.payment('refund back', 'amount = amount + 1')),
('one_live_refund_per_capture', 'two refunds of half of it each', 'drop index app.payments_one_return;' || pg_temp.half_back('x', 'sending') ||
    pg_temp.half_back('y', 'unknown')),
('', 'though not one after a try that was not sent', pg_temp.half_back('x', 'sending') || pg_temp.half_back('y', 'not_sent')),
('audit_has_every_payment_change', 'a payment without its trace', $$delete from ops.audit where action = 'payment.succeeded' and object_id = pg_temp.id('payment paid')$$),
('audit_has_every_payment_change', 'a refund without its trace', $$delete from ops.audit where object_id = pg_temp.id('refund returned')$$),
('audit_has_every_order_change', 'an order without its trace', $$delete from ops.audit where action = 'order.paid' and object_id = pg_temp.id('order paid')$$),
('audit_has_every_order_change', 'an order changed by hand', $$update app.orders set version = version + 1 where id = pg_temp.id('order held')$$),
('over_is_completed', 'an event that is over and still on sale', pg_temp.over('6 min') || $$update app.events set status = 'on_sale'$$),
('over_is_completed', 'or paused, since long', pg_temp.over('8 days') || $$update app.events set status = 'paused'$$ || ';' || pg_temp.old()),
('', 'though not before', pg_temp.over('4 min') || $$update app.events set status = 'on_sale'$$),
('matured_on_time', 'what has not matured five days after its day', pg_temp.over('8 days') || pg_temp.planned()),
('', 'though not before', pg_temp.over('2 days') || pg_temp.planned()),
('matured_on_time', 'what matured before its day', pg_temp.over('10 days') || pg_temp.free() || pg_temp.over('1 day') || pg_temp.planned()),
('released_on_time', 'what is in reserve a day after its day', pg_temp.over('31 days') || pg_temp.free()
    || $$delete from ledger.entries where effect = 'reserve_released' and object_id = pg_temp.id('order paid')$$),
('released_on_time', 'what was released before its day', pg_temp.over('31 days') || pg_temp.free() || pg_temp.over('10 days')),
('', 'matured and released', pg_temp.over('31 days') || pg_temp.free()),
('cancelled_gives_back', 'nothing is late of an event that was cancelled', pg_temp.over('31 days') || $$update app.events set status = 'cancelled' where id = pg_temp.id('event')$$),
('matured_on_time', 'an old order that is overdue', pg_temp.over('8 days') || pg_temp.planned() || pg_temp.old()),
('matured_on_time released_on_time', 'orders that nobody has planned, sold long ago', pg_temp.over('1 h') || pg_temp.old()),
('', 'though not at once', pg_temp.over('4 min') || pg_temp.old()),
('matured_on_time released_on_time', 'orders planned by another end', pg_temp.over('2 h') || pg_temp.planned() || pg_temp.over('1 h') || pg_temp.old()),
('matured_on_time released_on_time', 'a day that nobody looks at', pg_temp.over('3 days 1 h') || pg_temp.planned() || pg_temp.old()
    || 'update app.maturities set due_at = null'),
('released_on_time', 'nor at that of the reserve', pg_temp.over('30 days 1 h') || pg_temp.free() || pg_temp.old()
    || $$delete from ledger.entries where effect = 'reserve_released' and object_id = pg_temp.id('order paid')$$),
('entry_has_object matured_on_time', 'money that came back and that nothing looks at', pg_temp.over('10 days') || pg_temp.free() || pg_temp.old()
    || $$select ledger.entry_post(501, pg_temp.id('e'), 'sale', pg_temp.id('order free'), pg_temp.id('order paid'), null, 'USD',
        '{organizer_pending,organizer_share}', '{-5,5}', now(), null)$$),
('', 'what matured by an end that stood then', pg_temp.over('10 days') || pg_temp.free() || pg_temp.over_anew('1 day')),
('', 'nor while there is none', pg_temp.over('10 days') || pg_temp.free() || $$update app.events set status = 'postponed', ends_at = ops.now() + interval '9 days'$$),
('released_on_time', 'the rest is late by the new one', pg_temp.over('40 days') || pg_temp.planned() || 'update app.maturities set releases_at = ops.now() + interval ''1 day'';'
    || 'select pg_temp.mature();' || pg_temp.over_anew('32 days')),
('', 'a refund that is promised', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1'');'),
('', 'a dispute', 'select pg_temp.dispute(''payment paid'', ''dispute one'')'),
('disputes_add_up', 'an order that forgets its dispute', 'select pg_temp.dispute(''payment paid'', ''dispute one''); update app.orders set disputed = 0 where disputed > 0'),
('disputes_add_up', 'a dispute that is not the sum of its tickets', 'select pg_temp.dispute(''payment paid'', ''dispute one''); update app.ticket_returns set tax = tax - 1'),
('disputes_add_up', 'a dispute whose tickets have it back', 'select pg_temp.dispute(''payment paid'', ''dispute one''); update app.ticket_returns set live = false'),
('disputes_add_up hold_is_disputed', 'a dispute that is lost and not booked so', 'select pg_temp.dispute(''payment paid'', ''dispute one'');
    update app.disputes set status = ''lost'', ended_at = ops.now()'),
('entry_has_object hold_is_disputed', 'a share on hold for nothing', $$select ledger.entry_post(501, pg_temp.id('e'), 'gift', pg_temp.id('order paid'), null, null, 'USD',
    '{organizer_dispute_hold,platform_adjustments}', '{-100,100}', ops.now(), null)$$),
('entry_has_object', 'a dispute won in the books alone', $$select pg_temp.dispute('payment paid', 'dispute one'); select ledger.entry_post(501, pg_temp.id('e'),
    'dispute_fee_returned', pg_temp.id('dispute one'), null, null, 'USD', '{organizer_available,dispute_fee_revenue}', '{-100,100}', ops.now(), null)$$),
('refunds_add_up', 'an order that forgets its refund', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1''); update app.orders set refunded = 0 where refunded > 0'),
('refunds_add_up', 'a refunded order that calls itself paid', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1''); update app.orders set status = ''paid'' where refunded > 0'),
('refunds_add_up', 'a refund that is not the sum of its tickets', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1''); update app.ticket_returns set tax = tax - 1'),
('paid_has_tickets refunds_add_up', 'a ticket that gave more than it cost', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1''); update app.tickets set tax = 399 where id = pg_temp.id(''payment paid ticket 1'')'),
('', 'a dispute that is submitted', $$select pg_temp.dispute('payment paid', 'dispute one'); select pg_temp.submitted('dispute one')$$),
('answer_is_carried', 'one that nothing carries', $$select pg_temp.dispute('payment paid', 'dispute one'); select pg_temp.submitted('dispute one');
    delete from ops.jobs where kind = 'evidence_send'$$),
('answer_is_carried', 'or one without a pack', $$select pg_temp.dispute('payment paid', 'dispute one'); select pg_temp.submitted('dispute one');
    delete from app.evidence$$),
('answer_is_carried', 'a dispute given up that nothing carries', $$select pg_temp.dispute('payment paid', 'dispute one');
    select app.evidence_accept(501, pg_temp.id('dispute one'), 'tester', 'request'); delete from ops.jobs where kind = 'evidence_send'$$),
('', 'a due date', $$select pg_temp.dispute('payment paid', 'dispute one'); update app.disputes set due_by = now() + interval '5 days'$$),
('answer_is_carried', 'that nobody is reminded of', $$select pg_temp.dispute('payment paid', 'dispute one'); update app.disputes set due_by = now() + interval '5 days';
    delete from ops.jobs where kind = 'evidence_due'$$),
('answer_is_carried', 'nor of one to be sent by hand', $$select pg_temp.dispute('payment paid', 'dispute one'); select pg_temp.submitted('dispute one');
    select app.evidence_by_hand(501, pg_temp.id('dispute one'), 'request'); update app.disputes set due_by = now() + interval '5 days';
    delete from ops.jobs where kind = 'evidence_due'$$),
('refund_is_carried', 'a refund that nothing carries', 'select pg_temp.refund(''order paid'', ''refund one'', ''payment paid ticket 1''); delete from ops.jobs where kind = ''refund_send'''),
('cancelled_gives_back', 'a cancelled event that nothing gives back', $$update app.events set status = 'cancelled' where id = pg_temp.id('event')$$),
('', 'a cancelled event', pg_temp.cancelled()),
('', 'whose batch is under way', pg_temp.cancelled() || pg_temp.planned_batch()),
('cancelled_gives_back', 'a batch that nothing works at', pg_temp.cancelled() || $$delete from ops.jobs where kind = 'refund_batch'$$),
('cancelled_gives_back jobs_not_buried', 'or is given up on', pg_temp.cancelled() || pg_temp.job('batch', 'buried_at = now()')),
('', 'though not when it is paused', pg_temp.cancelled() || $$delete from ops.jobs where kind = 'refund_batch'; select app.batch_pause(501, pg_temp.id('event'), 'tester')$$),
('cancelled_gives_back', 'a batch that lacks an order', pg_temp.cancelled() || 'update app.batches set planned = true'),
('cancelled_gives_back', 'a batch that is done and has not given back', pg_temp.cancelled() || pg_temp.planned_batch() || $$update app.batch_orders set state = 'nothing'$$),
('', 'a batch that has ended, and an order that failed', pg_temp.ended_batch('failed')),
('', 'and one of which all is disputed', $$select pg_temp.dispute('payment paid', 'dispute one');$$ || pg_temp.ended_batch('disputed')),
('cancelled_gives_back', 'and one that it calls disputed, though nothing is any more', pg_temp.ended_batch('disputed')),
('cancelled_gives_back', 'or of which a half is left beside a dispute', pg_temp.half_disputed() || pg_temp.ended_batch('nothing')),
('cancelled_gives_back', 'or that waits for ever', pg_temp.ended_batch('waiting')),
('keys_not_locked', 'a key whose run is over', $$update ops.idempotency set status = null, answer = null, answered_at = null,
    running_until = now() - interval '6 min' where key = 'key of payment paid'$$),
('', 'though not while its charge is under way', $$update ops.idempotency set running_until = now() - interval '6 min' where key = 'key of payment sent'$$),
('webhooks_not_stuck', 'an event that nobody looks at', $$update app.webhook_events set due_at = now() - interval '6 min'$$),
('webhooks_not_stuck', 'or whose worker died', $$update app.webhook_events set due_at = now() - interval '16 min', leased_until = now() - interval '6 min'$$),
('', 'though not one that is worked on', $$update app.webhook_events set due_at = now() - interval '6 min', leased_until = now() + interval '1 min'$$),
('webhooks_not_buried', 'an event given up on', $$update app.webhook_events set state = 'buried'$$),
('jobs_not_late', 'a job that nobody begins', pg_temp.job('payment sent', $$due_at = now() - interval '6 min'$$)),
('jobs_not_late', 'by the business clock', pg_temp.job('order held', $$due_at = ops.now() - interval '6 min'$$)),
('', 'though not one that is worked on', pg_temp.job('payment sent', $$due_at = now() - interval '6 min', leased_until = now() + interval '1 min'$$)),
('jobs_not_buried', 'a job given up on', pg_temp.job('event', 'buried_at = now()'));

select is(pg_temp.told(p.break), p.expect, p.says) from planted p order by p.ord;
select is_empty('select name from invariants where name not in (select unnest(string_to_array(expect, '' '')) from planted)',
    'every invariant has seen a break');
select cmp_ok((select count(*) from invariants), '>=', 36::bigint, 'and there are that many');

-- --- the span, the limit, and what is said ---------------------------------------

update app.orders set created_at = ops.now() - interval '4 h' where id = pg_temp.id('order held');
delete from ops.jobs where object_id = pg_temp.id('order held');
select is(pg_temp.broken() || ' | ' || pg_temp.broken(10800), 'held_expires | ', 'what is older than the span is seen only over everything');
delete from ops.jobs where kind = 'payment_lookup';
select is((select count(*) from ops.broken_attempt_has_lookup(2)), 2::bigint, 'no more rows than asked for');
select results_eq('select * from ops.broken_held_expires(10)', $$select 501, 'order ' || pg_temp.id('order held'),
    'it is held until ' || (select expires_at from app.orders where id = pg_temp.id('order held')) || ', and no job ends that'$$,
    'a row names the organizer, the object, and what is wrong with it');

-- --- many orders that no statistics have seen ---------------------------------------

do $$ begin
    execute pg_temp.over('1 h');
    create temp table many as select gen_random_uuid() as id from generate_series(1, 5000);
    insert into app.orders select (jsonb_populate_record(o, jsonb_build_object('id', m.id))).* from app.orders o, many m where o.id = pg_temp.id('order paid');
    insert into ledger.entries select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'object_id', m.id, 'order_id', m.id))).*
        from ledger.entries e, many m where e.effect = 'sale' and e.object_id = pg_temp.id('order paid');
end $$;
discard plans;    -- those of empty tables
select performs_ok('select * from ops.broken_matured_on_time(10000)', 4000, 'five thousand that nobody has planned are found');
select is((select count(*) from ops.broken_matured_on_time(10000) where detail like '%nothing is planned%'), 5004::bigint, '... all of them');
do $$ begin execute replace(pg_temp.planned(), '200', '10000'); end $$;
discard plans;
select performs_ok('select * from ops.broken_' || n || '_on_time(10)', 4000, 'and once they are planned, whether ' || n)
from unnest('{matured,released}'::text[]) n;
select is_empty('select * from ops.broken_matured_on_time(10)', 'then all is well');

select * from finish();
rollback;
