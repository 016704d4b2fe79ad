# Proves that a promo code takes off, splits and books what the ledger's page says: worked numbers in three currencies by three funders, and stacked codes.
# By quoting and buying with codes; the entry is compared posting by posting.
use strict;
use warnings;
use List::Util qw(sum);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 1, api => 2);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $code     = sub { my ($shop, $code, %more) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $code, %more }) };
my $percent  = sub { { type => 'percent', percent_bps => $_[0] } };
my $fixed    = sub { { type => 'fixed', amount => $_[0], per => $_[1] } };
my $postings = sub { my $e = $s->must(GET => "/v1/ledger/entries?order=$_[0]", undef, key => 'admin')->{data};
    @$e == 1 ? { map { $_->{account} => $_->{amount} } @{ $e->[0]{postings} } } : scalar @$e };
my $parts = sub { $s->dbh->selectcol_arrayref(q{select concat_ws(' ', net, organizer_promo, platform_promo) from app.tickets where order_id = ?
    order by line, seat}, undef, uuid_of($_[0])) };

# --- recipe 1's example: currency, price, then what is worked out by hand --------------
# [list, discount, net, guest_fee, tax, total], then by funder [share, reserve, pending]
my %worked = (
    USD => { price => 5000, amounts => [ 10000, 1000, 9000, 550, 720, 10270 ],
        organizer => [ 9000, 900, 8100 ], platform => [ 10000, 1000, 9000 ], half => [ 9500, 950, 8550 ] },
    JPY => { price => 4999, amounts => [ 9998, 1000, 8998, 550, 720, 10268 ],
        organizer => [ 8998, 899, 8099 ], platform => [ 9998, 999, 8999 ], half => [ 9498, 949, 8549 ] },
    KWD => { price => 12345, amounts => [ 24690, 2469, 22221, 1211, 1778, 25210 ],
        organizer => [ 22221, 2222, 19999 ], platform => [ 24690, 2469, 22221 ], half => [ 23456, 2345, 21111 ] },
);
my %funder = (organizer => 'organizer', platform => 'platform', half => { platform_bps => 5000 });

for my $currency (sort keys %worked) {
    my $case = $worked{$currency};
    my $shop = $s->shop(organizer => { currency => $currency, payout_policy => { reserve_bps => 1000 } }, types => [ [ Floor => $case->{price}, 100 ] ]);
    my ($list, $discount, $net, $fee, $tax, $total) = @{ $case->{amounts} };
    for my $who (sort keys %funder) {
        $code->($shop, uc $who, discount => $percent->(1000), funder => $funder{$who});
        my $got = $s->buy($shop, { Floor => 2 }, promo_code => $who, payment_token => 'tok_visa');
        is("$got->{status} $got->{json}{status}", '201 paid', "$currency, funded by $who: paid");
        my $order = $got->{json};
        my ($share, $reserve, $pending) = @{ $case->{$who} };
        is_deeply([ @{ $order->{amounts} }{qw(list discount net guest_fee tax total share reserve)} ], [ @{ $case->{amounts} }, $share, $reserve ], '... amounts');
        is($order->{promo_code}, uc $who, '... with the code, as it is written');
        is_deeply($postings->($order->{id}), { gateway_clearing => $total, organizer_pending => -$pending, organizer_reserve => -$reserve, tax_payable => -$tax,
            ticket_revenue => -$list, promo_discounts => $discount, fee_revenue => -$fee, organizer_share => $share }, '... its eight postings');
        is($s->must(GET => "/v1/ledger/entries?order=$order->{id}", undef, key => 'admin')->{data}[0]{promo}, uc $who, '... and the code on the entry');
    }
}

# --- kinds of discounts -------------------------------------------------------------------

my $shop = $s->shop(organizer => { fee_plan => { percent_bps => 500, fixed_amount => 30, payer => 'guest' } },
    event => { tax => { rate_bps => 0, inclusive => $no, on_fees => $no } }, types => [ [ Cheap => 300, 1000 ], [ Dear => 4000, 1000 ], [ Free => 0, 1000 ] ]);
my $quote = sub { my ($cart, @codes) = @_;
    $s->must(POST => '/v1/quotes', $s->order_body($shop, $cart, @codes == 1 ? (promo_code => @codes) : (promo_codes => \@codes))) };
my $off   = sub { my ($cart, @codes) = @_; my $q = $quote->($cart, @codes);
    join ' ', $q->{amounts}{discount}, map { $_->{applied} ? $_->{discount} : $_->{reason} } @{ $q->{promos} } };

$code->($shop, 'ORDER5', discount => $fixed->(500, 'order'));
$code->($shop, 'TICKET5', discount => $fixed->(500, 'ticket'));
$code->($shop, 'ALL', discount => $percent->(10000));
$code->($shop, 'DEAR', discount => $percent->(5000), ticket_types => [ $shop->{types}{Dear} ]);
is($off->({ Cheap => 1, Dear => 1 }, 'ORDER5'), '500 500', 'fixed per order');
is($off->({ Cheap => 1 }, 'ORDER5'), '300 300', '... never more than it costs');
is($off->({ Cheap => 2, Dear => 2 }, 'TICKET5'), '1600 1600', 'fixed per ticket: at most its price');
is($off->({ Cheap => 2, Dear => 1 }, 'DEAR'), '2000 2000', 'of its ticket types only');
is_deeply([ map { $_->{discount} } @{ $quote->({ Cheap => 2, Dear => 1 }, 'DEAR')->{items} } ], [ 0, 2000 ], '... on their lines');
{
    my $q = $quote->({ Cheap => 2, Dear => 1, Free => 1 }, 'ALL');
    is_deeply([ @{ $q->{amounts} }{qw(list discount net guest_fee tax total)} ], [ 4600, 4600, 0, 0, 0, 0 ], 'all of it: no fee is left');
    my $free = $s->buy($shop, { Cheap => 2, Dear => 1 }, promo_code => 'ALL');
    is("$free->{status} $free->{json}{status}", '201 paid', '... and it is paid without a payment');
    is_deeply($postings->($free->{json}{id}), { promo_discounts => 4600, ticket_revenue => -4600 }, '... what was given is booked');
    is_deeply($s->sandbox(GET => "/sandbox/transactions?order=$free->{json}{id}")->{json}{data}, [], '... and the gateway was not asked');
    $code->($shop, 'GIFT', discount => $percent->(10000), funder => 'platform');
    my $gift = $s->buy($shop, { Dear => 1 }, promo_code => 'GIFT')->{json};
    is_deeply($postings->($gift->{id}), { promo_discounts => 4000, ticket_revenue => -4000, organizer_share => 4000, organizer_pending => -4000 },
        'what the platform gives, the organizer still earns');
}
problem_ok($s->buy($shop, { Dear => 1 }, promo_code => $code->($shop, 'ALMOST', discount => $fixed->(3990, 'order'))->{code}), 400, 'amount_below_minimum',
    'what is left is less than can be charged');

# --- several codes ---------------------------------------------------------------------------

$code->($shop, 'HALF', discount => $percent->(5000), stacks => $yes);
$code->($shop, 'TEN', discount => $fixed->(1000, 'order'), stacks => $yes, funder => 'platform');
is($off->({ Dear => 1 }, 'HALF', 'TEN'), '3000 2000 1000', 'two that stack, in their order');
is($off->({ Dear => 1 }, 'TEN', 'HALF'), '2500 1000 1500', '... each on what the former left');
is($off->({ Dear => 1 }, 'HALF', 'ORDER5'), '2000 2000 promo_not_applicable', 'one that does not stack is left out');
is($off->({ Dear => 1 }, 'ORDER5', 'HALF'), '500 500 promo_not_applicable', '... or leaves the others out');
is($off->({ Dear => 1 }, 'HALF', 'half'), '2000 2000 promo_not_applicable', 'the same one twice');
problem_ok($s->buy($shop, { Dear => 1 }, promo_codes => [qw(HALF ORDER5)]), 409, 'promo_not_applicable', 'an order with such codes');
{
    my $both = $s->buy($shop, { Dear => 2 }, promo_codes => [qw(HALF TEN)], payment_token => 'tok_visa')->{json};
    is($both->{promo_code}, 'HALF,TEN', 'an order has both');
    is_deeply($both->{promos}, [ { code => 'HALF', discount => 4000 }, { code => 'TEN', discount => 1000 } ], '... and says what each took off');
    is_deeply($s->must(GET => "/v1/orders/$both->{id}")->{promos}, $both->{promos}, '... also when it is read');
    my $listed = $s->must(GET => "/v1/orders?event=$shop->{event}&limit=1")->{data}[0];
    is_deeply([ @{$listed}{qw(id promos access_code)} ], [ @{$both}{qw(id promos)}, undef ], '... or listed');
    is_deeply($parts->($both->{id}), [ ('1500 2000 500') x 2 ], '... each funded by its own');
    is_deeply($s->dbh->selectcol_arrayref(q{select concat_ws(' ', place, code, discount, platform) from app.promo_uses where order_id = ? order by place}, undef,
        uuid_of($both->{id})), [ '1 HALF 4000 0', '2 TEN 1000 1000' ], '... and a slot of each');
}
fields_ok($s->buy($shop, { Dear => 1 }, promo_codes => [ map { "C$_" } 1 .. 6 ]), { '/promo_codes' => 'out_of_range' }, 'six codes');
fields_ok($s->buy($shop, { Dear => 1 }, promo_code => 'A', promo_codes => ['B']), { '/promo_codes' => 'unknown_field' }, 'both ways at once');
fields_ok($s->buy($shop, { Dear => 1 }, promo_codes => [ 1, '' ]), { '/promo_codes/0' => 'wrong_type', '/promo_codes/1' => 'out_of_range' }, 'what is no code');

# --- tax inside the price ----------------------------------------------------------------------
# 2 x 1190 with 19 % in it, 10 % off: paid 2142, tax 342, net 1800; list 2000, discount 200.
{
    my $inside = $s->shop(organizer => { fee_plan => { percent_bps => 0, fixed_amount => 0, payer => 'guest' } },
        event => { tax => { rate_bps => 1900, inclusive => $yes, on_fees => $no } }, types => [ [ Floor => 1190, 100 ] ]);
    $code->($inside, 'TENTH', discount => $percent->(1000), funder => { platform_bps => 3333 });
    my $order = $s->buy($inside, { Floor => 2 }, promo_code => 'TENTH', payment_token => 'tok_visa')->{json};
    is_deeply([ @{ $order->{amounts} }{qw(list discount net tax total share)} ], [ 2000, 200, 1800, 342, 2142, 1867 ], 'discounts are booked without the tax in them');
    is_deeply($parts->($order->{id}), [ '900 66 34', '900 67 33' ], '... and split over the tickets');
}
$s->books_ok;
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
