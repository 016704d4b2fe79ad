-- A shop to test with, included by a test inside its transaction: organizers
-- 501 and 502, an event of 501 on sale with the ticket types floor (100) and
-- balcony (40), and functions that call the product's as the programs do.
-- Names become ids by pg_temp.id('name'), so that a failed test can be read.

create function pg_temp.id(text) returns uuid language sql immutable as $$ select md5($1)::uuid $$;

-- Every ticket here costs 5000, plus 300 fee and 400 tax; 500 of it goes to
-- the organizer's reserve.
create function pg_temp.organizer(p_org int) returns void language sql as $$
    select app.organizer_create(p_org, jsonb_build_object('id', pg_temp.id('organizer ' || p_org), 'name', 'Hall',
        'email', 'office@hall.example', 'country', 'US', 'currency', 'USD', 'time_zone', 'UTC', 'fee_percent_bps', 500,
        'fee_fixed_amount', 50, 'fee_payer', 'guest', 'payout_hold_days_after_event', 3, 'payout_hold_days_after_charge', 0,
        'payout_schedule', 'manual', 'payout_weekday', 1, 'payout_day_of_month', 1, 'payout_minimum_amount', 0,
        'payout_reserve_bps', 1000, 'payout_reserve_days', 30, 'payout_allow_negative', false, 'refund_fees', false,
        'refund_until_hours_before_event', 24, 'dispute_pass_fee', false, 'gateway', 'nmi'), 'tester', 'request');
    select app.organizer_verify(p_org, 'verified', null, null, null, 'tester', 'request');
$$;

create function pg_temp.event(p_org int, p_name text) returns void language sql as $$
    select app.event_create(p_org, jsonb_build_object('id', pg_temp.id(p_name), 'name', p_name, 'starts_at', ops.now() + '30 days',
        'ends_at', ops.now() + '31 days', 'time_zone', 'UTC', 'tax_rate_bps', 800, 'tax_inclusive', false,
        'tax_on_fees', false), 'tester', 'request');
$$;

create function pg_temp.ticket_type(p_org int, p_event text, p_name text, p_quantity bigint) returns void language sql as $$
    select app.ticket_type_create(p_org, pg_temp.id(p_event), jsonb_build_object('id', pg_temp.id(p_name), 'name', p_name,
        'price', 5000, 'quantity', p_quantity, 'min_per_order', 1, 'max_per_order', 100, 'hidden', false), 'tester', 'request');
$$;

-- Amounts of n tickets from those of one.
create function pg_temp.times(bigint[], bigint) returns bigint[] language sql as $$
    select array_agg(v * $2 order by i) from unnest($1) with ordinality u (v, i) $$;

-- As the program writes it on an order: what of the organizer's terms is read again.
create function pg_temp.policy(p_after_event int default 3, p_after_charge int default 0, p_reserve int default 30) returns text language sql as $$
    select format('{"reserve_days":%s,"hold_days_after_event":%s,"hold_days_after_charge":%s}', p_reserve, p_after_event, p_after_charge) $$;

-- Opens an order of 501 with one line for each ticket type.
create function pg_temp.open(p_order text, p_status text, p_types text[] default '{floor}', p_quantities bigint[] default '{2}',
    p_event text default 'event', p_hold bigint default 900) returns uuid language plpgsql as $$
declare
    n bigint := (select sum(q) from unnest(p_quantities) q);
begin
    perform app.order_open(501, pg_temp.id(p_order), pg_temp.id(p_event), p_status, pg_temp.id('guest of ' || p_order), null,
        array['Ada Guest', 'Ada@guest.example', 'ada@guest.example', '', '', '', ''], 'USD',
        pg_temp.times(array[5000, 0, 5000, 300, 0, 400, 5000, 500, 5700], n), pg_temp.policy(), null, true, p_hold,
        array(select pg_temp.id(t) from unnest(p_types) t), p_quantities,
        array(select v * case when i = 1 then 1 else q end
            from unnest(p_quantities) with ordinality u (q, line),
                unnest(array[5000, 5000, 0, 5000, 300, 400, 5700]::bigint[]) with ordinality w (v, i) order by line, i),
        array(select v from generate_series(1, n) t, unnest(array[5000, 300, 400, 0, 0, 0, 0]::bigint[]) with ordinality w (v, i)
            order by t, i),
        'tester', 'request');
    return pg_temp.id(p_order);
end $$;


create function pg_temp.begin(p_payment text, p_order text, p_amount bigint default 11400) returns void language sql as $$
    select app.payment_begin(501, pg_temp.id(p_order), pg_temp.id(p_payment), 'reference of ' || p_payment, 'nmi', p_amount, 'USD', 0,
        '00000000-0000-0000-0000-000000000000', 'key of ' || p_payment, 201, 60000, 'tester', 'request');
$$;

-- The sale entry for n tickets.
create function pg_temp.sale_accounts() returns text[] language sql immutable as $$
    select array['gateway_clearing', 'organizer_pending', 'organizer_reserve', 'tax_payable', 'ticket_revenue', 'fee_revenue',
        'organizer_share'] $$;
create function pg_temp.sale_amounts(n bigint) returns bigint[] language sql as $$
    select array[5700 * n, -4500 * n, -500 * n, -400 * n, -5000 * n, -300 * n, 5000 * n] $$;

-- The entry of a capture that no order takes; with the signs turned, that of its refund.
create function pg_temp.unplaced_accounts() returns text[] language sql immutable as $$
    select array['gateway_clearing', 'refunds_in_transit'] $$;

create function pg_temp.settle(p_payment text, p_to text, p_tickets int default 2, p_amounts bigint[] default null,
    p_card text default null)
returns void language sql as $$
    select app.payment_settle(501, pg_temp.id(p_payment), p_to, '100', case when p_to = 'declined' then 'insufficient_funds' end,
        case when p_to in ('succeeded', 'declined') then 'gateway ' || p_payment end, 'visa', '4242',
        array(select pg_temp.id(p_payment || ' ticket ' || i) from generate_series(1, p_tickets) i),
        array(select p_payment || '-' || i from generate_series(1, p_tickets) i),
        pg_temp.id('entry of ' || p_payment), pg_temp.sale_accounts(), coalesce(p_amounts, pg_temp.sale_amounts(p_tickets)), 60000,
        'tester', 'request', null, pg_temp.id('unplaced entry of ' || p_payment), pg_temp.unplaced_accounts(),
        (select array[amount, -amount] from app.payments where org = 501 and id = pg_temp.id(p_payment)), sha256(p_card::bytea));
$$;

-- A processing order whose payment is on its way: pg_temp.sending('a') makes
-- the order 'order a' and the payment 'payment a'.
create function pg_temp.sending(p_name text) returns void language plpgsql as $$
begin
    perform pg_temp.open('order ' || p_name, 'processing');
    perform pg_temp.begin('payment ' || p_name, 'order ' || p_name);
end $$;

-- Another approved record of an attempt, as a capture of its own.
create function pg_temp.second(p_payment text, p_capture text, p_amount bigint default 11400, p_currency text default 'USD',
    p_clears bigint default null, p_card text default null) returns boolean language sql as $$
    select app.capture_second(501, pg_temp.id(p_payment), pg_temp.id(p_capture), 'reference of ' || p_capture, 'gateway ' || p_capture,
        p_amount, p_currency, '100', 'visa', '4242', pg_temp.id('entry of ' || p_capture), pg_temp.unplaced_accounts(),
        array[coalesce(p_clears, p_amount), -coalesce(p_clears, p_amount)], 'tester', 'request', null, sha256(p_card::bytea));
$$;

-- A capture that no order takes: pg_temp.unplaced('a') makes 'capture a' beside the paid 'order a'.
create function pg_temp.unplaced(p_name text) returns void language plpgsql as $$
begin
    perform pg_temp.sending(p_name);
    perform pg_temp.settle('payment ' || p_name, 'succeeded');
    perform pg_temp.second('payment ' || p_name, 'capture ' || p_name);
end $$;

-- Its refund; what the attempt is then is what payment_settle says.
create function pg_temp.give_back(p_capture text, p_refund text) returns text language sql as $$
    select verdict from app.return_begin(501, pg_temp.id(p_capture), pg_temp.id(p_refund), 'reference of ' || p_refund, 60000,
        'tester', 'request') $$;
create function pg_temp.settle_refund(p_refund text, p_to text, p_clears bigint default -11400) returns text language sql as $$
    select app.payment_settle(501, pg_temp.id(p_refund), p_to, '100', null, case when p_to = 'succeeded' then 'gateway ' || p_refund end,
        null, null, null, null, pg_temp.id('entry of ' || p_refund), pg_temp.unplaced_accounts(), array[p_clears, -p_clears], 60000,
        'tester', 'request') $$;

-- The first ticket of a paid order of two is refunded, its fee kept: 5400 are promised.
create function pg_temp.refund(p_order text, p_refund text, p_ticket text) returns void language sql as $$
    select app.refund_open(501, pg_temp.id(p_refund), pg_temp.id(p_order), '{5400,5000,0,5000,0,400,5000,0}', false, '{5000,0,0}',
        array[pg_temp.id(p_ticket)], '{5000,0,400,0,0,0,0}', true, array[pg_temp.id(p_ticket)], 'partially_refunded', pg_temp.id('entry of ' || p_refund),
        '{organizer_pending,refunds_in_transit,tax_payable,refunds,organizer_share}', '{5000,-5400,400,5000,-5000}', 'ill', 'tester', 'request') $$;

-- All of a paid order of two is disputed: 11400, and a fee of 1500.
create function pg_temp.dispute(p_payment text, p_dispute text) returns void language sql as $$
    select app.dispute_seen(501, pg_temp.id(p_dispute), pg_temp.id(p_payment), 'nmi', p_dispute, 'warning', 11400, 'USD', 'fraudulent', null, 'tester', 'request');
    select app.dispute_opened(501, pg_temp.id(p_dispute), 'needs_response', '{11400,1500,0,10000,0,10000,600,800,10000,0}', '{9000,1000,0}',
        array[pg_temp.id(p_payment || ' ticket 1'), pg_temp.id(p_payment || ' ticket 2')], '{5000,300,400,0,0,0,0,5000,300,400,0,0,0,0}',
        pg_temp.id('entry of ' || p_dispute), '{gateway_clearing,dispute_receivable,organizer_pending,organizer_reserve,organizer_dispute_hold,dispute_fees}',
        '{-12900,11400,9000,1000,-10000,1500}', 'tester', 'request') $$;

-- Its evidence, submitted: nothing but a pack.
create function pg_temp.submitted(p_dispute text) returns void language sql as $$
    select app.evidence_submit(501, pg_temp.id(p_dispute), pg_temp.id('pack of ' || p_dispute), 2, repeat('0', 64), 'sealed', 'tester', 'request') $$;

-- The batch of a job: what is due of 501 matures and is released; how many orders had something.
create function pg_temp.mature(p_limit int default 200) returns int language plpgsql as $$
declare
    v_row record;
    n int := 0;
begin
    for v_row in select * from app.orders_mature(501, p_limit) loop
        n := n + 1;
        if v_row.pending > 0 then
            perform app.order_freed(501, v_row.order_id, 'matured', gen_random_uuid(), '{organizer_pending,organizer_available}',
                array[v_row.pending, -v_row.pending], 'request');
        end if;
        if v_row.reserve > 0 then
            perform app.order_freed(501, v_row.order_id, 'reserve_released', gen_random_uuid(), '{organizer_available,organizer_reserve}',
                array[-v_row.reserve, v_row.reserve], 'request');
        end if;
    end loop;
    return n;
end $$;

create function pg_temp.remaining(p_type text) returns bigint language sql as $$
    select sum(remaining)::bigint from app.ticket_buckets where org = 501 and type_id = pg_temp.id(p_type) $$;
create function pg_temp.status(p_order text) returns text language sql as $$
    select status from app.orders where org = 501 and id = pg_temp.id(p_order) $$;
create function pg_temp.state(p_payment text) returns text language sql as $$
    select state from app.payments where org = 501 and id = pg_temp.id(p_payment) $$;

-- A promo code of 501: 10 % without limits, but for p_set (columns and values).
create function pg_temp.promo(p_code text, p_set jsonb default '{}') returns void language sql as $$
    insert into app.promo_codes select * from jsonb_populate_record(null::app.promo_codes, jsonb_build_object('org', 501,
        'id', pg_temp.id(p_code), 'code', p_code, 'code_normal', upper(p_code), 'percent_bps', 1000, 'events', '{}'::uuid[],
        'ticket_types', '{}'::uuid[], 'opens_ticket_types', '{}'::uuid[], 'min_order_amount', 0, 'min_tickets', 0, 'platform_bps', 0,
        'stacks', false, 'return_on_refund', true, 'active', true, 'version', 1, 'created_at', ops.now()) || p_set);
    select app.promo_buckets_make(501, id, max_redemptions, budget_amount, 16) from app.promo_codes where org = 501 and id = pg_temp.id(p_code);
$$;
create function pg_temp.guest_key(p_guest text) returns bytea language sql immutable as $$ select sha256(p_guest::bytea) $$;
create function pg_temp.take(p_order text, p_codes text[], p_discounts bigint[], p_guest text default 'ada') returns void language sql as $$
    select app.promo_take(501, pg_temp.id(p_order), array(select pg_temp.id(c) from unnest(p_codes) with ordinality u (c, i) order by i),
        array(select coalesce((select p.version from app.promo_codes p where p.org = 501 and p.id = pg_temp.id(c)), 1)::bigint
            from unnest(p_codes) with ordinality u (c, i) order by i),
        array(select generate_series(1, cardinality(p_codes))::bigint), p_codes, p_discounts,
        array(select 0::bigint from unnest(p_codes)), pg_temp.guest_key(p_guest)) $$;

-- An order with codes, as pg_temp.open makes it; what they take off is the organizer's.
create function pg_temp.discounted(p_order text, p_status text, p_codes text[], p_discounts bigint[], p_guest text default 'ada')
returns void language plpgsql as $$
declare
    v_off bigint := (select sum(d) from unnest(p_discounts) d);
begin
    perform pg_temp.open(p_order, p_status);
    update app.orders set discount = v_off, net = list - v_off, share = share - v_off, total = total - v_off,
        promo_code = array_to_string(p_codes, ',') where org = 501 and id = pg_temp.id(p_order);
    update app.order_lines set discount = v_off, net = list - v_off, total = total - v_off, parts[1] = parts[1] - v_off, parts[5] = v_off
    where org = 501 and order_id = pg_temp.id(p_order);
    perform pg_temp.take(p_order, p_codes, p_discounts, p_guest);
end $$;

do $$ begin
    perform pg_temp.organizer(501);
    perform pg_temp.organizer(502);
    perform pg_temp.event(501, 'event');
    perform app.event_move(501, pg_temp.id('event'), 'on_sale', 'tester', 'request');
    perform pg_temp.ticket_type(501, 'event', 'floor', 100);
    perform pg_temp.ticket_type(501, 'event', 'balcony', 40);
end $$;
