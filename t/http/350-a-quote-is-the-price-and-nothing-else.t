# Proves that a quote gives the worked numbers of the ledger page and of other
# fee plans, taxes and currencies, refuses what an order would refuse, and has
# no effect in any table. By figures computed by hand, and counted rows.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_MINIMUM_AMOUNTS => 'JPY=100,KWD=500' });
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $fees = sub { my ($bps, $fixed, $payer) = @_; return { percent_bps => $bps, fixed_amount => $fixed, payer => $payer // 'guest' } };
my $tax  = sub { my ($bps, $inclusive, $on_fees) = @_; return { rate_bps => $bps, inclusive => $inclusive ? $yes : $no, on_fees => $on_fees ? $yes : $no } };
my $quote = sub { my ($shop, $cart, %more) = @_; return $s->call(POST => '/v1/quotes', { %{ $s->order_body($shop, $cart) }, %more }) };

# --- worked numbers -------------------------------------------------------------------

my @cases = (
    {   name => 'ledger.md: 2 x 50.00, fee 5 % + 0.50 on top, tax 8 %, reserve 10 %', reserve => 1000, fees => $fees->(500, 50), tax => $tax->(800),
        types => [ [ A => 5000, 9 ] ],
        cart => { A => 2 }, want => { list => 10000, discount => 0, net => 10000, guest_fee => 600, tax => 800, total => 11400, absorbed_fee => 0, share => 10000,
            reserve => 1000 } },
    {   name => 'tax on fees: 8 % of 106.00',          fees => $fees->(500, 50), tax => $tax->(800, 0, 1), types => [ [ A => 5000, 9 ] ],
        cart => { A => 2 }, want => { net => 10000, guest_fee => 600, tax => 848, total => 11448 } },
    {   name => 'inclusive tax: 107.00 holds 7.00 at 7 %', fees => $fees->(0, 0), tax => $tax->(700, 1), types => [ [ A => 5350, 9 ] ],
        cart => { A => 2 }, want => { list => 10000, net => 10000, guest_fee => 0, tax => 700, total => 10700, share => 10000 } },
    {   name => 'inclusive tax, fee on net',           fees => $fees->(1000, 0), tax => $tax->(700, 1), types => [ [ A => 5350, 9 ] ],
        cart => { A => 2 }, want => { net => 10000, guest_fee => 1000, tax => 700, total => 11700 } },
    {   name => 'fees absorbed: the guest pays none',  fees => $fees->(500, 50, 'organizer'), tax => $tax->(800), types => [ [ A => 5000, 9 ] ], reserve => 1000,
        cart => { A => 2 }, want => { net => 10000, guest_fee => 0, absorbed_fee => 600, tax => 800, total => 10800, share => 10000, reserve => 940 } },
    {   name => 'absorbed fees are never more than the share', fees => $fees->(0, 1000, 'organizer'), tax => $tax->(0), types => [ [ A => 600, 9 ] ], reserve => 1000,
        cart => { A => 1 }, want => { net => 600, absorbed_fee => 600, total => 600, reserve => 0 } },
    {   name => 'yen have no minor unit',              currency => 'JPY', fees => $fees->(350, 20), tax => $tax->(1000), types => [ [ A => 1234, 9 ] ],
        cart => { A => 3 }, want => { net => 3702, guest_fee => 190, tax => 370, total => 4262 } },    # 129.57 + 60, 370.2
    {   name => 'dinars have three digits',            currency => 'KWD', fees => $fees->(250, 100), tax => $tax->(500), types => [ [ A => 12345, 9 ] ],
        cart => { A => 2 }, want => { net => 24690, guest_fee => 817, tax => 1235, total => 26742 } },    # 617.25 + 200, 1234.5
    {   name => 'half up, once an order, not a ticket', fees => $fees->(333, 0), tax => $tax->(725), types => [ [ A => 999, 9 ], [ B => 1001, 9 ] ],
        cart => { A => 3, B => 2 }, want => { net => 4999, guest_fee => 166, tax => 362, total => 5527 } },    # 166.4667, 362.4275
    {   name => 'a free ticket has no fee',            fees => $fees->(500, 50), tax => $tax->(800), types => [ [ A => 0, 9 ] ],
        cart => { A => 2 }, want => { list => 0, guest_fee => 0, tax => 0, total => 0 } },
    {   name => 'free beside paid: the fixed fee stands on the paid', fees => $fees->(0, 50), tax => $tax->(0), types => [ [ A => 0, 9 ], [ B => 1000, 9 ] ],
        cart => { A => 2, B => 1 }, want => { net => 1000, guest_fee => 50, total => 1050 } },
    {   name => 'the largest amount',                  fees => $fees->(0, 0), tax => $tax->(0), types => [ [ A => 1e12, 9 ] ],
        cart => { A => 1 }, want => { net => 1e12, total => 1e12 } },
);
my $first;
for my $case (@cases) {
    my $shop = $s->shop(types => $case->{types}, event => { tax => $case->{tax} },
        organizer => { currency => $case->{currency} // 'USD', fee_plan => $case->{fees}, payout_policy => { reserve_bps => $case->{reserve} // 0 } });
    $first //= $shop;
    my $q = $quote->($shop, $case->{cart});
    is($q->{status}, 200, $case->{name}) or diag($q->{body});
    my $a = $q->{json}{amounts};
    is_deeply({ map { $_ => $a->{$_} } keys %{ $case->{want} } }, $case->{want}, '... by hand');
    is($a->{net} + $a->{guest_fee} + $a->{tax}, $a->{total}, '... net, fee and tax are the total');
    my $sum = sub { my $n = 0; $n += $_->{ $_[0] } for @{ $q->{json}{items} }; return $n };
    is_deeply({ map { $_ => $sum->($_) } qw(list discount net fee tax total) }, { fee => $a->{guest_fee}, map { $_ => $a->{$_} } qw(list discount net tax total) },
        '... and the lines sum to it');
    is($q->{json}{currency}, $case->{currency} // 'USD', '... in its currency');
}

# --- a quote's form; and what an order says is what was quoted ----------------------------

my $q = $quote->($first, { A => 2 })->{json};
like($q->{id}, qr/^qte_[0-9a-z]{26}$/, 'a quote has an id');
is_deeply([ @$q{qw(object event promo)} ], [ 'quote', $first->{event}, undef ], '... says what it is and of which event');
my $order = $s->buy($first, { A => 2 })->{json};
is_deeply($order->{amounts}, $q->{amounts}, 'an order made of it has the same amounts');
is_deeply($order->{items}, $q->{items}, '... and lines');
$s->must(POST => "/v1/orders/$order->{id}/cancel");

my $rows = sub {
    my $tables = $s->dbh->selectcol_arrayref(q{select table_schema || '.' || table_name from information_schema.tables
        where table_schema in ('app', 'ledger', 'ops') and table_type = 'BASE TABLE' order by 1});
    cmp_ok(scalar @$tables, '>', 12, 'tables are counted') if !$_[0];
    return join ' ', map { "$_=" . $s->dbh->selectrow_array("select count(*) || '/' || coalesce(sum(hashtext(x::text)::bigint), 0) from $_ x") } @$tables;
};
my $before = $rows->();
my $ask = sub { $s->call(POST => '/v1/quotes', { %{ $s->order_body($first, { A => 3 }) }, @_ }, idem => undef)->{status} };
is($ask->(), 200, 'a quote by the platform');
is($ask->(promo_code => 'SPRING'), 200, '... with a promo code');
is($ask->(guest => undef), 200, '... without a guest');
is($s->call(POST => '/v1/quotes', $s->order_body($first, { A => 1 }), key => 'admin', idem => undef)->{status}, 200, '... by an admin');
is($rows->(1), $before, 'none of them has changed a row in any table');

# --- promo codes that are refused -----------------------------------------------------------

my $promo = $quote->($first, { A => 2 }, promo_code => 'SPRING')->{json};
is_deeply($promo->{promo}, { code => 'SPRING', applied => $no, reason => 'promo_unknown' }, 'an unknown code is told, not applied');
is_deeply($promo->{amounts}, $q->{amounts}, '... and the price is that without it');
problem_ok($s->call(POST => '/v1/orders', $s->order_body($first, { A => 2 }, promo_code => 'SPRING')), 409, 'promo_unknown', 'an order with it');

# --- what is refused ---------------------------------------------------------------------------

problem_ok($quote->($first, { A => 11 }), 409, 'quantity_limit', 'more than an order may hold');
fields_ok($quote->($first, { A => 0 }),    { '/items/0/quantity' => 'out_of_range' }, 'no ticket');
fields_ok($quote->($first, { A => 1001 }), { '/items/0/quantity' => 'out_of_range' }, '1,001 tickets');
fields_ok($quote->($first, {}), { '/items' => 'out_of_range' }, 'no items');
fields_ok($quote->($first, { A => 1 }, items => 'all'), { '/items' => 'wrong_type' }, 'items that are no list');
problem_ok($s->call(POST => '/v1/quotes', { event => $first->{event}, items => [ map { { ticket_type => $first->{types}{A}, quantity => 6 } } 1, 2 ] }),
    409, 'quantity_limit', 'two lines of one type are counted together');
my %cheap = (USD => [ 49, 50 ], JPY => [ 99, 100 ], KWD => [ 499, 500 ]);
for my $currency (sort keys %cheap) {
    my ($below, $least) = @{ $cheap{$currency} };
    my $shop = $s->shop(organizer => { currency => $currency, fee_plan => $fees->(0, 0) }, event => { tax => $tax->(0) }, types => [ [ Below => $below, 9 ],
        [ Least => $least, 9 ] ]);
    problem_ok($quote->($shop, { Below => 1 }), 400, 'amount_below_minimum', "$below $currency");
    problem_ok($s->buy($shop, { Below => 1 }), 400, 'amount_below_minimum', "an order of $below $currency");
    is($quote->($shop, { Least => 1 })->{status}, 200, "$least $currency are enough");
}
my $huge = $s->shop(types => [ [ A => 1e12, 9 ] ], event => { tax => $tax->(0) }, organizer => { fee_plan => $fees->(0, 0) });
fields_ok($quote->($huge, { A => 2 }), { '/items' => 'out_of_range' }, 'a total above the largest amount');
my $taxed = $s->shop(types => [ [ A => 1e12, 9 ] ], event => { tax => $tax->(1) }, organizer => { fee_plan => $fees->(0, 0) });
fields_ok($quote->($taxed, { A => 1 }), { '/items' => 'out_of_range' }, '... by its tax alone');

$s->books_ok;
done_testing;
