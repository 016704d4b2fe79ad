# An order's amounts, each ticket's parts and the posted entry are, to the minor unit, those of the ledger page's rules.
# The rules are written here a second time, in plain integers, and compared over worked carts and seeded random ones.
use strict;
use warnings;
use Math::BigInt;
use Test::More;
use Stack;
use Storm qw(uuid_of);

my $s = Stack->up(pay => 2, sandbox_sync => 0);

# --- the rules, a second time ---------------------------------------------

sub rounded { my ($n, $p, $q) = @_; use integer; return (2 * $n * $p + $q) / (2 * $q) }    # half up

sub sum { my $n = 0; $n += $_ for @_; return $n }

# Largest remainder; ties to the earlier; no weight at all: the earliest takes it.
sub split_by {
    my ($amount, @weights) = @_;
    my $all = sum(@weights);
    return ($amount, (0) x $#weights) if $all == 0;
    my (@part, @rest);
    for my $w (@weights) {
        my ($part, $rest) = Math::BigInt->new($amount)->bmul($w)->bdiv($all);
        push @part, $part->numify;
        push @rest, $rest;
    }
    my $left = $amount - sum(@part);
    for my $i ((sort { $rest[$b] <=> $rest[$a] || $a <=> $b } 0 .. $#part)[ 0 .. $left - 1 ]) { $part[$i]++ }
    return @part;
}

# Over lines by the sums of their tickets' weights, then over each line's tickets.
sub split_twice {
    my ($amount, $lines, $weight) = @_;
    my @parts = split_by($amount, map { sum(map { $weight->($_) } @$_) } @$lines);
    return map { [ split_by(shift @parts, map { $weight->($_) } @$_) ] } @$lines;
}

sub put { my ($lines, $name, @split) = @_; for my $i (0 .. $#$lines) { $lines->[$i][$_]{$name} = $split[$i][$_] for 0 .. $#{ $lines->[$i] } } return }

# cart: [[unit price, quantity]...]; terms: percent fixed payer rate inclusive on_fees reserve.
sub price {
    my ($terms, $cart) = @_;
    my %t = %$terms;
    my @lines = map { my $p = $_->[0]; [ map { { paid => $p } } 1 .. $_->[1] ] } @$cart;
    my @all = map { @$_ } @lines;
    my $paid = sum(map { $_->{paid} } @all);
    my $tax = $t{inclusive} ? rounded($paid, $t{rate}, 10000 + $t{rate}) : rounded($paid, $t{rate}, 10000);
    my $net = $t{inclusive} ? $paid - $tax : $paid;
    put(\@lines, tax => split_twice($tax, \@lines, sub { $_[0]{paid} }));
    $_->{net} = $_->{paid} - ($t{inclusive} ? $_->{tax} : 0) for @all;
    my $percentage = rounded($net, $t{percent}, 10000);
    my $fee = $percentage + $t{fixed} * grep { $_->{paid} > 0 } @all;
    my $absorbed = $t{payer} eq 'guest' ? 0 : $fee < $net ? $fee : $net;
    my $guest_fee = $t{payer} eq 'guest' ? $fee : 0;
    put(\@lines, guest_fee => split_twice($t{payer} eq 'guest' ? $percentage : 0, \@lines, sub { $_[0]{net} }));
    put(\@lines, absorbed_fee => split_twice($absorbed, \@lines, sub { $_[0]{net} }));
    if ($t{payer} eq 'guest') { $_->{guest_fee} += $t{fixed} for grep { $_->{paid} > 0 } @all }
    my $on_fee = $t{on_fees} && !$t{inclusive} ? rounded($net + $guest_fee, $t{rate}, 10000) - $tax : 0;
    put(\@lines, tax_on_fee => split_twice($on_fee, \@lines, sub { $_[0]{guest_fee} }));
    my $reserve = do { use integer; ($net - $absorbed) * $t{reserve} / 10000 };
    my %amounts = (list => $net, discount => 0, net => $net, guest_fee => $guest_fee, absorbed_fee => $absorbed, tax => $tax + $on_fee,
        share => $net, reserve => $reserve, total => $net + $guest_fee + $tax + $on_fee, refunded => 0, disputed => 0);
    my @items = map {
        my $line = $_;
        my %line = map { my $name = $_; $name => sum(map { $_->{$name} } @$line) } qw(net guest_fee tax tax_on_fee);
        { quantity => scalar @$line, unit_price => $line->[0]{paid}, list => $line{net}, discount => 0, net => $line{net}, fee => $line{guest_fee},
            tax => $line{tax} + $line{tax_on_fee}, total => sum(@line{qw(net guest_fee tax tax_on_fee)}) }
    } @lines;
    my @tickets = map { join ' ', @$_{qw(net guest_fee tax tax_on_fee)}, 0, 0, $_->{absorbed_fee} } @all;
    my @postings = grep { $_->[1] } [ gateway_clearing => $amounts{total} ], [ organizer_pending => -($net - $absorbed - $reserve) ],
        [ organizer_reserve => -$reserve ], [ tax_payable => -$amounts{tax} ], [ ticket_revenue => -$net ],
        [ fee_revenue => -($guest_fee + $absorbed) ], [ organizer_share => $net ];
    return { amounts => \%amounts, items => \@items, tickets => \@tickets, postings => \@postings };
}

# --- asking the house ------------------------------------------------------

# A shop on these terms with a type for each price.
sub shop_on {
    my ($terms, $currency, @prices) = @_;
    my $bool = sub { $_[0] ? JSON::PP::true : JSON::PP::false };
    return $s->shop(
        organizer => { currency => $currency, fee_plan => { percent_bps => $terms->{percent}, fixed_amount => $terms->{fixed}, payer => $terms->{payer} },
            payout_policy => { reserve_bps => $terms->{reserve} } },
        event => { currency => $currency, tax => { rate_bps => $terms->{rate}, inclusive => $bool->($terms->{inclusive}), on_fees => $bool->($terms->{on_fees}
            && !$terms->{inclusive}) } },
        types => [ map { [ "at $_", $_ + 0, 100000, { max_per_order => 100 } ] } @prices ]);
}

# Buys the cart, [[price, quantity]...], in that order of lines.
sub order_cart {
    my ($shop, $cart, %more) = @_;
    return $s->call(POST => '/v1/orders', { %{ $s->order_body($shop, {}, %more) },
        items => [ map { { ticket_type => $shop->{types}{"at $_->[0]"}, quantity => $_->[1] } } @$cart ] });
}

# All differences between an order and what it should be; '' when there are none.
sub differences {
    my ($order, $want) = @_;
    my $entries = $s->must(GET => "/v1/ledger/entries?order=$order->{id}", undef, key => 'admin')->{data};
    my $tickets = $s->dbh->selectcol_arrayref(q{select concat_ws(' ', net, guest_fee, tax, tax_on_fee, organizer_promo, platform_promo, absorbed_fee)
        from app.tickets where order_id = ? order by line, seat}, undef, uuid_of($order->{id}));
    my @items = map { my %i = %$_; delete $i{ticket_type}; \%i } @{ $order->{items} };
    my $canonical = JSON::PP->new->canonical;
    my @compare = (
        [ status => $order->{status}, 'paid' ], [ amounts => $order->{amounts}, $want->{amounts} ], [ items => \@items, $want->{items} ],
        [ 'ticket parts' => $tickets, $want->{tickets} ], [ entries => scalar @$entries, @{ $want->{postings} } ? 1 : 0 ],
        [ postings => @$entries ? [ map { [ @$_{qw(account amount)} ] } @{ $entries->[0]{postings} } ] : [], $want->{postings} ],
        [ 'issued tickets' => scalar @{ $order->{tickets} }, scalar @{ $want->{tickets} } ],
    );
    return join "\n", map { my ($what, $got, $should) = ($_->[0], map { $canonical->encode([$_]) } @$_[ 1, 2 ]);
        $got eq $should ? () : "$what: got $got\n  want $should" } @compare;
}

my %usual = (percent => 500, fixed => 50, payer => 'guest', rate => 800, inclusive => 0, on_fees => 0, reserve => 1000);

# --- worked examples, with their numbers written out ------------------------

{
    my $order = order_cart(shop_on(\%usual, 'USD', 5000), [ [ 5000, 2 ] ], payment_token => 'tok_visa')->{json};
    is_deeply [ @{ $order->{amounts} }{qw(list discount net guest_fee tax total share reserve)} ], [ 10000, 0, 10000, 600, 800, 11400, 10000, 1000 ],
        'the worked example costs 11400';
    my $entry = $s->must(GET => "/v1/ledger/entries?order=$order->{id}", undef, key => 'admin')->{data};
    is_deeply [ map { [ @$_{qw(account amount)} ] } @{ $entry->[0]{postings} } ],
        [ [ gateway_clearing => 11400 ], [ organizer_pending => -9000 ], [ organizer_reserve => -1000 ], [ tax_payable => -800 ],
          [ ticket_revenue => -10000 ], [ fee_revenue => -600 ], [ organizer_share => 10000 ] ], 'and posts exactly this entry';
    is_deeply [ @{ $entry->[0] }{qw(kind order object_id currency promo reverses)} ], [ 'sale', $order->{id}, $order->{id}, 'USD', undef, undef ],
        'as the sale of that order';
    is scalar @$entry, 1, 'once';
    is differences($order, price(\%usual, [ [ 5000, 2 ] ])), '', 'which is what the rules say';
    my ($txn) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$order->{id}")->{json}{data} };
    is_deeply [ @$txn{qw(kind status amount currency)} ], [ 'sale', 'approved', 11400, 'USD' ], 'and what the gateway took';
}

for my $case (
    [ 'a mixed cart',                           'USD', { %usual }, [ [ 5000, 2 ], [ 3500, 1 ] ] ],
    [ 'a cart with the same type on two lines', 'USD', { %usual }, [ [ 333, 2 ], [ 1, 1 ], [ 333, 3 ] ] ],
    [ 'yen, which have no minor unit',          'JPY', { %usual, fixed => 30 }, [ [ 3333, 3 ], [ 101, 1 ] ] ],
    [ 'dinars, which have three digits',        'KWD', { %usual, fixed => 125 }, [ [ 12345, 3 ], [ 7, 2 ] ] ],
    [ 'tax inside the price',                   'EUR', { %usual, rate => 1900, inclusive => 1 }, [ [ 4999, 3 ], [ 1050, 2 ] ] ],
    [ 'a little tax inside a small price',      'EUR', { %usual, rate => 700, inclusive => 1 }, [ [ 99, 7 ] ] ],
    [ 'tax on fees too',                        'USD', { %usual, rate => 875, on_fees => 1 }, [ [ 4999, 3 ], [ 2501, 2 ] ] ],
    [ 'a fee that the organizer bears',         'USD', { %usual, payer => 'organizer' }, [ [ 5000, 2 ], [ 1499, 3 ] ] ],
    [ 'a fee above what the organizer gets',    'USD', { %usual, payer => 'organizer', fixed => 900 }, [ [ 100, 3 ], [ 51, 1 ] ] ],
    [ 'free tickets beside paid ones',          'USD', { %usual }, [ [ 0, 2 ], [ 2500, 1 ] ] ],
    [ 'all that is earned in reserve',          'USD', { %usual, reserve => 10000 }, [ [ 1999, 3 ] ] ],
    [ 'a sum near the largest allowed',         'USD', { %usual }, [ [ 88_000_000_001, 10 ] ] ],
  ) {
    my ($what, $currency, $terms, $cart) = @$case;
    my %prices = map { $_->[0] => 1 } @$cart;
    my $order = order_cart(shop_on($terms, $currency, sort keys %prices), $cart, payment_token => 'tok_mastercard');
    is $order->{status}, 201, "$what is sold" or diag $order->{body};
    is differences($order->{json}, price($terms, $cart)), '', "$what: amounts, tickets and entry are what the rules say";
    my ($txn) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$order->{json}{id}")->{json}{data} };
    is "$txn->{amount} $txn->{currency}", "$order->{json}{amounts}{total} $currency", "$what: the gateway took that amount";
}

# --- free orders ------------------------------------------------------------

{
    my $shop = shop_on(\%usual, 'USD', 0);
    for my $token (undef, 'tok_declined') {
        my $order = order_cart($shop, [ [ 0, 3 ] ], defined $token ? (payment_token => $token) : ());
        my $what = defined $token ? 'a free order with a token' : 'a free order';
        is $order->{status}, 201, "$what is made";
        is differences($order->{json}, price(\%usual, [ [ 0, 3 ] ])), '', "$what is paid at once, has tickets and posts nothing";
        is_deeply $order->{json}{payments}, [], "$what asks no gateway";
        is_deeply $s->sandbox(GET => "/sandbox/transactions?order=$order->{json}{id}")->{json}{data}, [], "$what: the gateway was told nothing";
    }
}

# --- random carts -----------------------------------------------------------

my $seed = $ENV{BOXOFFICE_SEED} // time;
srand $seed;
my (@wrong, %seen);
for my $terms (map { { percent => int rand 2000, fixed => int rand 200, payer => (qw(guest organizer))[ rand 2 ], rate => int rand 2500,
    inclusive => rand() < 0.4 ? 1 : 0, on_fees => rand() < 0.5 ? 1 : 0, reserve => int rand 10001 } } 1 .. 10) {
    my %distinct = map { $_ => 1 } 0, map { int rand((10, 1000, 20000)[ rand 3 ]) } 1 .. 5;
    my @prices = sort { $a <=> $b } keys %distinct;
    my $shop = shop_on($terms, (qw(USD EUR JPY KWD))[ rand 4 ], @prices);
    for (1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 200 : 15)) {
        my $cart = [ map { [ $prices[ rand @prices ], 1 + int rand 7 ] } 1 .. 1 + int rand 4 ];
        my $want = price($terms, $cart);
        my $got = order_cart($shop, $cart, payment_token => 'tok_visa');
        my $total = $want->{amounts}{total};
        my $differ = $total > 0 && $total < 50 ? ($got->{json}{code} // '') eq 'amount_below_minimum' ? '' : "below the minimum, and $got->{status}"
            : $got->{status} == 201 ? differences($got->{json}, $want) : "$got->{status} $got->{body}";
        $seen{ $total == 0 ? 'free' : $total < 50 ? 'refused' : 'sold' }++;
        push @wrong, JSON::PP->new->canonical->encode([ $terms, $cart ]) . "\n$differ" if $differ ne '';
    }
}
ok !@wrong, "random carts cost what the rules say (seed $seed: " . join(', ', map { "$seen{$_} $_" } sort keys %seen) . ')' or diag $wrong[0];
cmp_ok $seen{sold}, '>', 100, 'most of them were sold';

$s->books_ok;
done_testing;
