# Random carts of every kind: prices from nothing to more than goes, fees by guest and organizer, taxes within and on top,
# promo codes that meet their limits or just miss them. As Components.pm takes them, with their currency.
#
#     srand $seed;
#     my $cart = random_cart();
#
# rand is the caller's; what below and one_of take from it, its other numbers may.
package Carts;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(below one_of random_cart $AMOUNT_MAX %DECIMALS @KINDS);

our $AMOUNT_MAX = 1_000_000_000_000;
our %DECIMALS   = (USD => 2, EUR => 2, JPY => 0, KRW => 0, CLP => 0, KWD => 3, BHD => 3, TND => 3);
our @KINDS      = qw(percent order ticket);

sub below { return int rand $_[0] }
sub one_of { return $_[ below(scalar @_) ] }
sub rate { return one_of(0, 1, 250, 500, 825, 1000, 1900, 3333, 10000, below(10001), below(3001)) }
sub near { my $n = $_[0] + below(5) - 2; return $n < 0 ? 0 : $n }

# What tickets cost here: a few units, what is usual in the currency, as much as still goes, more than goes.
sub price_of_kind {
    my ($kind, $unit, $tickets) = @_;
    return 0                                        if below(12) == 0;
    return below(8)                                 if $kind == 0;
    return (1 + below(300)) * $unit - one_of(0, 0, $unit > 1 ? 1 : 0) if $kind <= 4;
    return below(100_000)                           if $kind <= 7;
    return int(10**rand 12)                         if $kind == 8;
    return int($AMOUNT_MAX / $tickets * one_of(1, 1, 0.9, 0.7, rand)) - below(3);
}

sub random_promo {
    my ($cart, $unit) = @_;
    my @lines    = @{ $cart->{lines} };
    my %promo    = (kind => one_of(@KINDS), types => [], min_amount => 0, min_tickets => 0,
        platform_bps => one_of(0, 0, 10000, 10000, 5000, below(10001)));
    $promo{types} = [ grep { below(2) } 1 .. @lines + 1 ] if below(3) == 0;    # one type more than there are: of another cart
    my %named = map { $_ => 1 } @{ $promo{types} };
    my @for   = grep { !%named || $named{ $_->[2] } } @lines;
    my ($list, $tickets, $dearest) = (0, 0, 0);
    for (@for) { $list += $_->[0] * $_->[1]; $tickets += $_->[1]; $dearest = $_->[0] if $dearest < $_->[0] }
    $promo{value} = $promo{kind} eq 'percent' ? one_of(1, 333, 1000, 1500, 2500, 5000, below(4) ? 2000 : 10000, 1 + below(10000))
        : 1 + near($promo{kind} eq 'order' ? one_of(below(3) ? $unit : $list, int($list / 2), int($list / 10), 10 * $unit, below($list + 1), below(50))
            : one_of(below(3) ? $unit : $dearest, int($dearest / 3), int($dearest / 9), 5 * $unit, below($dearest + 1), below(8)));
    $promo{value} = $AMOUNT_MAX if $promo{value} > $AMOUNT_MAX && $promo{kind} ne 'percent';
    $promo{min_amount}  = near(one_of($list, $list, int($list / 2))) if below(6) == 0;
    $promo{min_tickets} = near(one_of($tickets, 2))                  if below(6) == 0;
    return \%promo;
}

sub random_cart {
    my $currency = one_of(sort keys %DECIMALS);
    my $unit     = 10**$DECIMALS{$currency};
    my $n        = one_of(1, 1, 2, 2, 3, 4);
    my @quantity = map { one_of(1, 1, 2, 2, 3, 4, 1 + below(7)) } 1 .. $n;
    my $kind     = below(10);
    my $tickets  = 0;
    $tickets += $_ for @quantity;
    my %cart = (
        currency => $currency, percent_bps => rate(), fixed_amount => one_of(0, 30, 50, int($unit / 2), below(3 * $unit + 1), below(20)),
        payer => one_of(qw(guest guest organizer)), tax_bps => rate(), inclusive => below(3) == 0 ? 1 : 0, reserve_bps => rate(),
        lines => [ map { [ price_of_kind($kind, $unit, $tickets), $quantity[ $_ - 1 ], $_ ] } 1 .. $n ],
    );
    $_->[0] = $_->[0] < 0 ? 0 : $_->[0] > $AMOUNT_MAX ? $AMOUNT_MAX : $_->[0] for @{ $cart{lines} };
    $cart{on_fees} = !$cart{inclusive} && below(2) ? 1 : 0;
    $cart{promos}  = [ map { random_promo(\%cart, $unit) } 1 .. one_of(0, 0, 1, 1, 1, 2, 2, 3, 4, 5) ];
    return \%cart;
}

1;
