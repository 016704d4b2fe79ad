-- Proves that the database itself refuses an entry that does not balance or is
-- badly formed, also from the tables' owner, and a second one for the same
-- effect on the same object. By a table of good and bad postings, inserted raw.
begin;
select no_plan();
\ir lib/shop.sql

create temp table cases (ord int generated always as identity, good boolean, says text, accounts text[], amounts bigint[]);
grant select on cases to boxoffice_owner;
insert into cases (good, says, accounts, amounts) values
(true,  'two postings', '{bank,tax_payable}', '{100,-100}'),
(true,  'three postings', '{gateway_clearing,tax_payable,ticket_revenue}', '{108,-8,-100}'),
(true,  'every account of the chart', '{gateway_clearing,gateway_reserve,bank,dispute_receivable,organizer_pending,organizer_available,organizer_reserve,
    organizer_dispute_hold,payouts_in_transit,refunds_in_transit,tax_payable,ticket_revenue,promo_discounts,refunds,fee_revenue,dispute_fee_revenue,
    organizer_share,gateway_fees,dispute_fees,dispute_losses,platform_adjustments,bad_debt}', '{1,-1,1,-1,1,-1,1,-1,1,-1,1,-1,1,-1,1,-1,1,-1,1,-1,1,-1}'),
(true,  'the largest amount and its opposite', '{bank,tax_payable}', '{9223372036854775807,-9223372036854775807}'),
(true,  'the smallest amount, covered by two', '{bank,tax_payable,bad_debt}', '{-9223372036854775808,9223372036854775807,1}'),
(true,  'sums that pass beyond 64 bits on the way', '{gateway_clearing,bank,tax_payable,bad_debt}',
    '{9223372036854775807,9223372036854775807,-9223372036854775807,-9223372036854775807}'),
(false, 'a sum of one', '{bank,tax_payable}', '{100,-99}'),
(false, 'a sum of minus one', '{bank,tax_payable}', '{100,-101}'),
(false, 'both sides debit', '{bank,tax_payable}', '{100,100}'),
(false, 'a sum that wraps to zero in 64 bits', '{bank,tax_payable}', '{-9223372036854775808,-9223372036854775808}'),
(false, 'a sum that wraps to zero in 64 bits, of four', '{gateway_clearing,bank,tax_payable,bad_debt}',
    '{4611686018427387904,4611686018427387904,4611686018427387904,4611686018427387904}'),
(false, 'a zero among the amounts', '{bank,tax_payable,bad_debt}', '{100,-100,0}'),
(false, 'only zeros', '{bank,tax_payable}', '{0,0}'),
(false, 'one posting', '{bank}', '{100}'),
(false, 'one posting of zero', '{bank}', '{0}'),
(false, 'no posting', '{}', '{}'),
(false, 'an account that is not in the chart', '{bank,cash}', '{100,-100}'),
(false, 'an account in capitals', '{bank,TAX_PAYABLE}', '{100,-100}'),
(false, 'an account with a space', '{bank,"tax_payable "}', '{100,-100}'),
(false, 'an empty account', '{bank,""}', '{100,-100}'),
(false, 'an account that is null', '{bank,null}', '{100,-100}'),
(false, 'an amount that is null', '{bank,tax_payable,bad_debt}', '{100,-100,null}'),
(false, 'the chart''s order turned round', '{tax_payable,bank}', '{-100,100}'),
(false, 'the chart''s order broken at the end', '{bank,bad_debt,tax_payable}', '{100,-50,-50}'),
(false, 'an account twice', '{bank,tax_payable,tax_payable}', '{100,-50,-50}'),
(false, 'an account twice, summing to zero by itself', '{bank,bank}', '{100,-100}'),
(false, 'more accounts than amounts', '{bank,tax_payable,bad_debt}', '{100,-100}'),
(false, 'more amounts than accounts', '{bank,tax_payable}', '{100,-100,50}'),
(false, 'accounts of two dimensions', '{{bank,tax_payable}}', '{100,-100}'),
(false, 'amounts of two dimensions', '{bank,tax_payable}', '{{100,-100}}'),
(false, 'accounts counted from zero', '[0:1]={bank,tax_payable}', '{100,-100}'),
(false, 'amounts counted from zero', '{bank,tax_payable}', '[0:1]={100,-100}');

-- The owner of the table, by plain INSERT.
set local role boxoffice_owner;
create function pg_temp.insert(p_ord int) returns void language sql as $$
    insert into ledger.entries (org, id, effect, object_id, currency, accounts, amounts, occurred_at, recorded_at)
    select 501, gen_random_uuid(), 'case', gen_random_uuid(), 'USD', accounts, amounts, now(), now() from cases where ord = p_ord
$$;
reset role;
create function pg_temp.insert_as_owner(p_ord int) returns void language plpgsql as $$
begin
    set local role boxoffice_owner;
    perform pg_temp.insert(p_ord);
    reset role;
end $$;
select lives_ok(format('select pg_temp.insert_as_owner(%s)', ord), 'taken: ' || says) from cases where good order by ord;
select throws_ok(format('select pg_temp.insert_as_owner(%s)', ord), '23514', null, 'refused: ' || says) from cases where not good order by ord;
select throws_ok(format($$insert into ledger.entries (org, id, effect, object_id, currency, accounts, amounts, occurred_at, recorded_at)
    values (501, gen_random_uuid(), 'case', gen_random_uuid(), 'USD', %s, now(), now())$$, v), '23502', null, 'refused: null as ' || says)
from (values ($$null, '{100,-100}'$$, 'accounts'), ($$'{bank,tax_payable}', null$$, 'amounts')) t (v, says);
select throws_ok($$update ledger.entries set amounts = '{100,-99}' where effect = 'case' and accounts = '{bank,tax_payable}'$$, '23514', null,
    'an UPDATE by a superuser can''t unbalance one either');
select is((select convalidated from pg_constraint where conname = 'entries_balance'), true, 'the constraint holds for every row that is there');
select is(format('%s%s', provolatile, proparallel), 'is', 'the check is immutable and parallel safe: Citus ships it, dump and restore run it') from pg_proc
where oid = 'ledger.is_balanced'::regproc;

-- Once for ever.
create function pg_temp.post(p_id text, p_effect text, p_object text, p_org int default 501) returns void language sql as $$
    select ledger.entry_post(p_org, pg_temp.id(p_id), p_effect, pg_temp.id(p_object), null, null, 'USD', '{bank,tax_payable}', '{100,-100}', now(), null) $$;
select lives_ok($$select pg_temp.post('one', 'sale', 'order')$$, 'an effect on an object is posted');
select throws_ok($$select pg_temp.post('two', 'sale', 'order')$$, '23505', null, 'not twice, under another id');
select throws_ok($$select pg_temp.post('one', 'sale', 'another order')$$, '23505', null, 'nor another under the same id');
select lives_ok($$select pg_temp.post('three', 'refund', 'order')$$, 'another effect on the same object is another entry');
select lives_ok($$select pg_temp.post('one', 'sale', 'order', 502)$$, 'and so is the same of another organizer');
select throws_ok($$select pg_temp.post('four', 'sale', 'order', 599)$$, 'P0001', null, 'an organizer that does not exist has no entries');
select throws_ok($$select ledger.entry_post(501, pg_temp.id('x'), 'sale', pg_temp.id('x'), null, null, 'USD', '{bank,tax_payable}', '{100,-99}', now(), null)$$,
    '23514', null, 'entry_post has no way round the check');

select results_eq($$select xid, node, recorded_at from ledger.entries where org = 501 and id = pg_temp.id('one')$$,
    $$select pg_current_xact_id(), (select system_identifier from pg_control_system()), ops.now()$$,
    'an entry knows its transaction, its node, and the business time it was written');
select results_eq($$select account, amount, place from ledger.postings where entry_id = pg_temp.id('one') and org = 501$$,
    $$values ('bank', 100::bigint, 1::bigint), ('tax_payable', -100, 2)$$, 'the view shows its postings in order');
select is((select sum(amount) from ledger.postings), 0::numeric, 'all postings sum to zero');

select * from finish();
rollback;
