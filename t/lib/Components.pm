# What an order costs, once more: written from the section "Components" of
# ledger.md alone, to be compared with what the programs say. It shares
# nothing with them: not the language, not the roundings, not the splits.
#
#     my $price = components({
#         lines  => [ [ unit price, quantity, type ], ... ],
#         promos => [ { kind => 'percent' | 'order' | 'ticket', value => bps or amount, platform_bps => ...,
#                       types => [...], min_amount => 0, min_tickets => 0 }, ... ],       # in their stated order
#         percent_bps => 500, fixed_amount => 50, payer => 'guest' | 'organizer',
#         tax_bps => 800, inclusive => 0, on_fees => 0, reserve_bps => 1000,
#     });
#
# $price: the order's list, discount, net, guest_fee, tax, total, share, absorbed_fee, reserve, platform_promo;
# codes, one for each promo: undef where it counts for nothing in this cart, else { taken, platform }; line and ticket
# (by line), each with its own. An order's and a line's tax is with the tax on fees, a ticket's without.
#
# Amounts up to some 5 x 10^12: products that leave 64 bits are taken apart.
package Components;

use strict;
use warnings;
use integer;
use Exporter qw(import);

our @EXPORT_OK = qw(components muldiv postings split_by);

# --- numbers ----------------------------------------------------------------

use constant {
    ROOT  => 3_037_000_499,    # of the largest product
    LIMB  => 100_000,
    TABLE => [ 10_000_000_000, 100_000, 1 ],
};

# a x b / c, with what is left over. b <= c, as a part is of its whole.
sub muldiv {
    my ($whole, $part, $of) = @_;
    if ($whole <= ROOT && $part <= ROOT) {
        my $product = $whole * $part;
        return ($product / $of, $product % $of);
    }
    my ($quotient, $rest) = (0, 0);
    for my $unit (@{ +TABLE }) {    # schoolbook, in digits of 100,000
        my $step = $rest * LIMB + ($whole / $unit % LIMB) * $part;
        $quotient = $quotient * LIMB + $step / $of;
        $rest     = $step % $of;
    }
    return ($quotient, $rest);
}

# round(amount x p / q), half up. p is a rate, so the product stays within 64 bits.
sub rounded {
    my ($amount, $p, $q) = @_;
    my $product = $amount * $p;
    my $floor   = $product / $q;
    return $product - $floor * $q >= $q - $product + $floor * $q ? $floor + 1 : $floor;
}

sub sum {
    my $sum = 0;
    $sum += $_ for @_;
    return $sum;
}

# By largest remainder in proportion to the weights, ties to the earlier; where every weight is zero the earliest takes all.
sub split_by {
    my ($total, @weight) = @_;
    return (0) x @weight if $total == 0;
    my $all = sum(@weight);
    return ($total, (0) x $#weight) if $all == 0 || @weight == 1;
    my (@part, @rest);
    my $left = $total;
    for my $weight (@weight) {
        my ($floor, $rest) = muldiv($total, $weight, $all);
        push @part, $floor;
        push @rest, $rest;
        $left -= $floor;
    }
    if ($left > 0) {
        my @first = sort { $rest[$b] <=> $rest[$a] || $a <=> $b } 0 .. $#rest;
        $part[$_]++ for @first[ 0 .. $left - 1 ];
    }
    return @part;
}

# An order's amount over its lines, then over each line's tickets: both by the tickets' weights, [line][ticket].
sub spread {
    my ($total, $weights) = @_;
    return [ map { [ (0) x @$_ ] } @$weights ] if $total == 0;
    my @of_line = split_by($total, map { sum(@$_) } @$weights);
    return [ map { [ split_by($of_line[$_], @{ $weights->[$_] }) ] } 0 .. $#$weights ];
}

sub each_ticket {    # code->(line, ticket) for every one: [line][ticket]
    my ($like, $code) = @_;
    return [ map { my $l = $_; [ map { $code->($l, $_) } 0 .. $#{ $like->[$l] } ] } 0 .. $#$like ];
}

sub plus {
    my ($x, $y) = @_;
    return [ map { my ($of_x, $of_y) = ($x->[$_], $y->[$_]); [ map { $of_x->[$_] + $of_y->[$_] } 0 .. $#$of_x ] } 0 .. $#$x ];
}

sub minus {
    my ($x, $y) = @_;
    return [ map { my ($of_x, $of_y) = ($x->[$_], $y->[$_]); [ map { $of_x->[$_] - $of_y->[$_] } 0 .. $#$of_x ] } 0 .. $#$x ];
}

sub total { return sum(map { sum(@$_) } @{ $_[0] }) }

# --- promo codes ------------------------------------------------------------

# One code, on what the former left (which it lowers): what it took off, or undef where it does not count for this cart.
sub promo_taken {
    my ($cart, $promo, $left) = @_;
    my $lines    = $cart->{lines};
    my %named    = map { $_ => 1 } @{ $promo->{types} };
    my @eligible = grep { !%named || $named{ $lines->[$_][2] } } 0 .. $#$lines;
    return undef if !@eligible;
    return undef if sum(map { $lines->[$_][0] * $lines->[$_][1] } @eligible) < $promo->{min_amount};    # before discount
    return undef if sum(map { $lines->[$_][1] } @eligible) < $promo->{min_tickets};

    my @cost = @$left[@eligible];
    my $off;
    if ($promo->{kind} eq 'ticket') {    # no further split
        $off = [ map { [ map { $_ < $promo->{value} ? $_ : $promo->{value} } @$_ ] } @cost ];
    }
    else {
        my $list = total(\@cost);
        my $take = $promo->{kind} eq 'percent' ? rounded($list, $promo->{value}, 10000) : $list < $promo->{value} ? $list : $promo->{value};
        $off = spread($take, \@cost);
    }
    my $taken = total($off);
    my $after = minus(\@cost, $off);
    $left->[ $eligible[$_] ] = $after->[$_] for 0 .. $#eligible;
    return $taken;
}

# --- the order --------------------------------------------------------------

sub components {
    my ($cart) = @_;
    my $gross = [ map { [ ($_->[0]) x $_->[1] ] } @{ $cart->{lines} } ];
    my $paid  = [ map { [@$_] } @$gross ];
    my @taken = map { promo_taken($cart, $_, $paid) } @{ $cart->{promos} };
    my $off   = minus($gross, $paid);

    my ($net, $tax, $discount);
    if ($cart->{inclusive}) {    # list, paid and what was taken off contain the tax
        my @rate     = ($cart->{tax_bps}, 10000 + $cart->{tax_bps});
        my $gross_l  = total($gross);
        my $paid_p   = total($paid);
        my $tax_sum  = rounded($paid_p, @rate);
        my $list_sum = $gross_l - rounded($gross_l, @rate);
        $tax      = spread($tax_sum, $paid);
        $net      = minus($paid, $tax);
        $discount = spread($list_sum - ($paid_p - $tax_sum), $off);
    }
    else {
        $net      = $paid;
        $tax      = spread(rounded(total($net), $cart->{tax_bps}, 10000), $net);
        $discount = $off;
    }
    my ($net_sum, $tax_sum, $discount_sum) = (total($net), total($tax), total($discount));

    # platform_promo: each code's part of the discount, and of that the platform's.
    my @counts = grep { defined $taken[$_] } 0 .. $#taken;
    my @codes  = map { defined $_ ? { taken => $_ } : undef } @taken;
    my @theirs = @counts ? split_by($discount_sum, @taken[@counts]) : ();
    $codes[ $counts[$_] ]{platform} = rounded($theirs[$_], $cart->{promos}[ $counts[$_] ]{platform_bps}, 10000) for 0 .. $#counts;
    my $platform  = spread(sum(map { $codes[$_]{platform} } @counts), $discount);
    my $organizer = minus($discount, $platform);
    my $share     = plus($net, $platform);
    my $share_sum = total($share);

    # The percentage is split by net, the fixed part stands on its ticket.
    my $percent = spread(rounded($net_sum, $cart->{percent_bps}, 10000), $net);
    my $fee     = plus($percent, [ map { [ map { $_ > 0 ? $cart->{fixed_amount} : 0 } @$_ ] } @$paid ]);
    my $none    = [ map { [ (0) x @$_ ] } @$paid ];
    my ($guest_fee, $absorbed, $tax_on_fee) = ($none, $none, $none);
    if ($cart->{payer} eq 'guest') {
        $guest_fee = $fee;
        if ($cart->{on_fees} && !$cart->{inclusive}) {
            my $on_both = rounded($net_sum + total($guest_fee), $cart->{tax_bps}, 10000);
            $tax_on_fee = spread($on_both - $tax_sum, $guest_fee);
        }
    }
    else {
        my $fee_sum = total($fee);
        $absorbed = spread($fee_sum < $share_sum ? $fee_sum : $share_sum, $share);
    }

    my ($guest_fee_sum, $absorbed_sum, $all_tax) = (total($guest_fee), total($absorbed), $tax_sum + total($tax_on_fee));
    return {
        list => $net_sum + $discount_sum, discount => $discount_sum, net => $net_sum, guest_fee => $guest_fee_sum, tax => $all_tax,
        total => $net_sum + $guest_fee_sum + $all_tax, share => $share_sum, absorbed_fee => $absorbed_sum,
        reserve        => ($share_sum - $absorbed_sum) * $cart->{reserve_bps} / 10000,
        platform_promo => total($platform), codes => \@codes,
        ticket => each_ticket($net, sub {
            my ($l, $t) = @_;
            return { net => $net->[$l][$t], guest_fee => $guest_fee->[$l][$t], tax => $tax->[$l][$t], tax_on_fee => $tax_on_fee->[$l][$t],
                organizer_promo => $organizer->[$l][$t], platform_promo => $platform->[$l][$t], absorbed_fee => $absorbed->[$l][$t] };
        }),
        line => [ map {
            my ($l_net, $l_discount, $l_fee) = (sum(@{ $net->[$_] }), sum(@{ $discount->[$_] }), sum(@{ $guest_fee->[$_] }));
            my $l_tax = sum(@{ $tax->[$_] }, @{ $tax_on_fee->[$_] });
            { list => $l_net + $l_discount, discount => $l_discount, net => $l_net, fee => $l_fee, tax => $l_tax, total => $l_net + $l_fee + $l_tax }
        } 0 .. $#$net ],
    };
}

# --- its sale (recipe 1) ----------------------------------------------------

# [account, amount] of each posting, debit positive, in the chart's order.
sub postings {
    my ($price) = @_;
    my $p = [
        [ gateway_clearing  => $price->{total} ],
        [ organizer_pending => -($price->{share} - $price->{absorbed_fee} - $price->{reserve}) ],
        [ organizer_reserve => -$price->{reserve} ],
        [ tax_payable       => -$price->{tax} ],
        [ ticket_revenue    => -$price->{list} ],
        [ promo_discounts   => $price->{discount} ],
        [ fee_revenue       => -($price->{guest_fee} + $price->{absorbed_fee}) ],
        [ organizer_share   => $price->{share} ],
    ];
    return [ grep { $_->[1] != 0 } @$p ];
}

1;
