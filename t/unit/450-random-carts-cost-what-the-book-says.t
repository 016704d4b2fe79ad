# Proves that what an order costs is what ledger.md says, to the minor unit: 100,000 random carts are priced by the
# programs' own code (t/unit/price-carts) and by a second implementation that shares nothing with it (t/lib/Components.pm),
# and whatever the numbers are, lines sum to the order, tickets to lines, the sale to zero, and nothing is negative.
# SEED=n repeats a run; the first cart that differs is shown as it was asked for and as both answer. BUILD names the build's folder.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Carts qw(random_cart $AMOUNT_MAX %DECIMALS @KINDS);
use Components qw(components postings);
use File::Temp qw(tempfile);
use Test::More;

use constant { CARTS => 100_000, BATCH => 2_000 };

my $program = ($ENV{BUILD} // "$FindBin::Bin/../../var/build") . '/t/unit/price-carts';
my $seed    = $ENV{SEED} // 20261125;

srand $seed;
diag "SEED=$seed" if $ENV{SEED};
note "SEED=$seed";

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
    return 'refused' if $list > $AMOUNT_MAX || $price->{total} > $AMOUNT_MAX;
    my @of_line = map {
        my ($line, $tickets) = ($price->{line}[$_], $price->{ticket}[$_]);
        join ' ', @$line{@LINE}, map { (',', @$_{@TICKET}) } @$tickets
    } 0 .. $#{ $price->{line} };
    return tidy(join ' | ', "@$price{@ORDER}", join(' ', map { defined $_ ? @$_{qw(taken platform)} : '-' } @{ $price->{codes} }),
        @of_line, join(' ', map { @$_ } @{ postings($price) }), decimal($price->{total}, $DECIMALS{ $cart->{currency} }) . " $cart->{currency}");
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
