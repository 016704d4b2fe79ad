# Proves that what an order costs is what ledger.md says, to the minor unit: 100,000 random carts are priced by the
# programs' own code (t/unit/price-carts) and by a second implementation that shares nothing with it (t/lib/Components.pm),
# and whatever the numbers are, lines sum to the order, tickets to lines, the sale to zero, and nothing is negative.
# SEED=n repeats a run; the first cart that differs is shown as it was asked for and as both answer. BUILD names the build's folder.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Components qw(components postings);
use File::Temp qw(tempfile);
use Test::More;

use constant { CARTS => 100_000, BATCH => 2_000, AMOUNT_MAX => 1_000_000_000_000 };

my $program = ($ENV{BUILD} // "$FindBin::Bin/../../var/build") . '/t/unit/price-carts';
my $seed    = $ENV{SEED} // 20261125;
my %decimals = (USD => 2, EUR => 2, JPY => 0, KRW => 0, CLP => 0, KWD => 3, BHD => 3, TND => 3);
my @KINDS    = qw(percent order ticket);

srand $seed;
diag "SEED=$seed" if $ENV{SEED};
note "SEED=$seed";

# --- carts ------------------------------------------------------------------

sub below { return int rand $_[0] }
sub one_of { return $_[ below(scalar @_) ] }
sub most { return below($_[0]) }                # of ten
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
    return int(AMOUNT_MAX / $tickets * one_of(1, 1, 0.9, 0.7, rand)) - below(3);
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
    $promo{value} = AMOUNT_MAX if $promo{value} > AMOUNT_MAX && $promo{kind} ne 'percent';
    $promo{min_amount}  = near(one_of($list, $list, int($list / 2))) if below(6) == 0;
    $promo{min_tickets} = near(one_of($tickets, 2))                  if below(6) == 0;
    return \%promo;
}

sub random_cart {
    my $currency = one_of(sort keys %decimals);
    my $unit     = 10**$decimals{$currency};
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
    $_->[0] = $_->[0] < 0 ? 0 : $_->[0] > AMOUNT_MAX ? AMOUNT_MAX : $_->[0] for @{ $cart{lines} };
    $cart{on_fees} = !$cart{inclusive} && below(2) ? 1 : 0;
    $cart{promos}  = [ map { random_promo(\%cart, $unit) } 1 .. one_of(0, 0, 1, 1, 1, 2, 2, 3, 4, 5) ];
    return \%cart;
}

# --- as price-carts takes and gives them ------------------------------------

my %kind_number = map { $KINDS[$_] => $_ } 0 .. $#KINDS;

sub asked {
    my ($c) = @_;
    return join ' ', $c->{currency}, @$c{qw(percent_bps fixed_amount)}, $c->{payer} eq 'guest' ? 1 : 0,
        @$c{qw(tax_bps inclusive on_fees reserve_bps)}, scalar @{ $c->{lines} }, (map { @$_ } @{ $c->{lines} }), scalar @{ $c->{promos} },
        map { ($kind_number{ $_->{kind} }, @$_{qw(value platform_bps min_amount min_tickets)}, scalar @{ $_->{types} }, @{ $_->{types} }) }
        @{ $c->{promos} };
}

sub tidy { return $_[0] =~ s/\s+/ /gr =~ s/ \z//r }

sub decimal {
    my ($amount, $places) = @_;
    return $amount if $places == 0;
    my $digits = sprintf '%0*d', $places + 1, $amount;
    return substr($digits, 0, -$places) . '.' . substr $digits, -$places;
}

my @ORDER  = qw(list discount net guest_fee tax total share absorbed_fee reserve);
my @LINE   = qw(list discount net fee tax total);
my @TICKET = qw(net guest_fee tax tax_on_fee organizer_promo platform_promo absorbed_fee);

sub answered {
    my ($cart, $price) = @_;
    my $list = 0;
    $list += $_->[0] * $_->[1] for @{ $cart->{lines} };
    return 'refused' if $list > AMOUNT_MAX || $price->{total} > AMOUNT_MAX;
    my @of_line = map {
        my ($line, $tickets) = ($price->{line}[$_], $price->{ticket}[$_]);
        join ' ', @$line{@LINE}, map { (',', @$_{@TICKET}) } @$tickets
    } 0 .. $#{ $price->{line} };
    return tidy(join ' | ', "@$price{@ORDER}", join(' ', map { defined $_ ? @$_{qw(taken platform)} : '-' } @{ $price->{codes} }),
        @of_line, join(' ', map { @$_ } @{ postings($price) }), decimal($price->{total}, $decimals{ $cart->{currency} }) . " $cart->{currency}");
}

# --- what holds for any numbers ---------------------------------------------

# What is wrong with an answer of price-carts by itself.
sub wrong {
    my ($answer) = @_;
    my ($order, $codes, @line) = split / ?\| ?/, $answer;
    my ($sale) = splice @line, -2;
    my (%order, %sum, %of_tickets);
    @order{@ORDER} = split ' ', $order;
    my $negative = ($answer =~ s/[a-z_]+ -?\d+.*//r) =~ /-\d/;
    for my $line (@line) {
        my ($of_line, @ticket) = split / , /, $line;
        my (%line, %sum_here);
        @line{@LINE} = split ' ', $of_line;
        for my $text (@ticket) {
            my %ticket;
            @ticket{@TICKET} = split ' ', $text;
            $sum_here{$_} += $ticket{$_} for @TICKET;
        }
        my $discount = $sum_here{organizer_promo} + $sum_here{platform_promo};
        my %from = (net => $sum_here{net}, fee => $sum_here{guest_fee}, tax => $sum_here{tax} + $sum_here{tax_on_fee}, discount => $discount,
            list => $sum_here{net} + $discount, total => $sum_here{net} + $sum_here{guest_fee} + $sum_here{tax} + $sum_here{tax_on_fee});
        for (@LINE) { return "$_ of a line is not the sum over its tickets" if $line{$_} != $from{$_} }
        $sum{$_} += $line{$_} for @LINE;
        $of_tickets{$_} += $sum_here{$_} for @TICKET;
    }
    $sum{guest_fee}    = $sum{fee};
    $sum{share}        = $sum{net} + $of_tickets{platform_promo};
    $sum{absorbed_fee} = $of_tickets{absorbed_fee};
    for (grep { $_ ne 'reserve' } @ORDER) { return "$_ of the order is not the sum over its lines" if $order{$_} != $sum{$_} }
    return 'total is not net + guest_fee + tax' if $order{total} != $order{net} + $order{guest_fee} + $order{tax};
    return 'the reserve is more than there is'  if $order{reserve} > $order{share} - $order{absorbed_fee};
    my $platform = 0;
    $platform += $_ for $codes =~ /\d+ (\d+)/g;
    return 'the codes\' platform parts are not the tickets\'' if $platform != $of_tickets{platform_promo};
    my $zero = 0;
    $zero += $_ for $sale =~ /(-?\d+)/g;
    return 'the sale does not sum to zero' if $zero != 0;
    return 'something is negative'         if $negative;
    return;
}

# --- the run ----------------------------------------------------------------

# What the programs say of each cart, up to one at which they end.
sub ask {
    my ($carts) = @_;
    my ($in, $file) = tempfile('boxoffice-carts-XXXXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$in} asked($_), "\n" for @$carts;
    close $in or die "$file: $!\n";
    open my $out, '-|', "'$program' < '$file'" or die "$program: $!\n";
    my @answers = map { tidy($_) } <$out>;
    push @answers, "ended with $?" if !close $out;
    unlink $file;
    return @answers;
}

sub kinds {
    my ($answer) = @_;
    return 'refused' if $answer eq 'refused';
    my $codes = (split / ?\| ?/, $answer)[1];
    return ($answer =~ / \| 0(?:\.0+)? / ? 'free' : (), (() = $codes =~ /\d+ \d+/g) > 1 ? 'stacked' : (), $codes =~ /-/ ? 'passed over' : (),
        $answer =~ /^\d{11}/ ? 'large' : ());
}

my (%seen, $differs, $wrong);

BATCH: for (my $done = 0; $done < CARTS; $done += BATCH) {
    my @cart    = map { random_cart() } 1 .. BATCH;
    my @answers = ask(\@cart);
    for my $cart (@cart) {
        my $ours   = shift @answers // 'nothing';
        my $theirs = answered($cart, components($cart));
        if ($ours ne $theirs) {
            $differs = asked($cart) . "\n  programs: $ours\n  book:     $theirs";
            last BATCH;
        }
        my $what = $ours eq 'refused' ? undef : wrong($ours);
        if (defined $what) {
            $wrong = "$what: " . asked($cart) . "\n  $ours";
            last BATCH;
        }
        $seen{$_}++ for kinds($ours);
    }
}

is($differs, undef, 'every cart costs what the book says, in every part');
is($wrong, undef, 'tickets sum to lines, lines to the order, the sale to zero, and nothing is negative');
if (!defined $differs && !defined $wrong) {
    cmp_ok($seen{$_} // 0, '>', CARTS / 100, "and they are of many kinds: $_") for 'refused', 'free', 'stacked', 'passed over', 'large';
}
note join ', ', map { "$seen{$_} $_" } sort keys %seen;
done_testing;
