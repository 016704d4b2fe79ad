# Proves that amounts given back leave each ticket and the books as ledger.md says, to the minor unit, however they follow one
# another: 10,000 random orders are given back by amounts, tickets and rests, refunds fail, disputes open, are lost, won and
# reversed in between, until nothing is left; the programs' own code (t/unit/give-back) and a second implementation
# (t/lib/Giveback.pm, OrderBooks.pm) must say the same after each step, and at the end the order must be closed.
# SEED=n repeats a run; the first life that differs is shown with both answers. BUILD names the build's folder.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Carts qw(below one_of random_cart $AMOUNT_MAX);
use Components qw(components);
use File::Temp qw(tempfile);
use Giveback qw(@PARTS);
use OrderBooks;
use Test::More;

use constant { LIVES => 10_000, BATCH => 1_000 };

my $program = ($ENV{BUILD} // "$FindBin::Bin/../../var/build") . '/t/unit/give-back';
my $seed    = $ENV{SEED} // 20261126;

srand $seed;
diag "SEED=$seed" if $ENV{SEED};
note "SEED=$seed";

# --- lives ------------------------------------------------------------------

# All of it, nearly, one unit, a tenth, anything.
sub part_of {
    my ($all) = @_;
    my $part = one_of($all, $all - 1, 1, int($all / 10), 1 + below($all), 1 + below($all));
    return $part < 1 ? 1 : $part;
}

# What may happen to a refund or dispute in this state: [step, how often of ten], and the states that a life may not end in.
my %NEXT = (
    pending   => [ [ S => 7 ], [ F => 3 ] ],
    unsettled => [ [ F => 10 ] ],
    open      => [ [ L => 5 ], [ W => 5 ] ],
    reversed  => [ [ W => 10 ] ],
);
my %LATER = (succeeded => 'U', lost => 'V');

sub random_next {
    my $dice = below(10);
    for (@_) { return $_->[0] if ($dice -= $_->[1]) < 0 }
    die;
}

sub settle_one {
    my ($order, $k) = @_;
    return $order->step(random_next(@{ $NEXT{ $order->{taken}[$k]{state} } }), $k);
}

sub late_change {
    my ($order) = @_;
    my $taken = $order->{taken};
    my @late  = grep { $LATER{ $taken->[$_]{state} } && $taken->[$_]{amount} > 0 } 0 .. $#$taken or return;
    my $k     = one_of(@late);
    return $order->step(U => $k)                           if $taken->[$k]{state} eq 'succeeded';
    return $order->step($taken->[$k]{passed} ? 'Q' : 'P', $k) if below(2);
    return $order->step(V => $k);
}

sub time_passes {
    my ($order) = @_;
    return $order->step('M') if !$order->{matured} && $order->credit('pending') > 0;
    return $order->step('R') if !$order->{released} && $order->credit('reserve') > 0 && $order->credit('pending') == 0;
    return;
}

sub some_tickets {
    my @of = 0 .. $#{ $_[0]{holds} };
    my @tickets = grep { below(3) == 0 } @of;
    @tickets = one_of(@of) if !@tickets;
    return (scalar @tickets, @tickets);
}

# One thing that happens, or nothing.
sub something {
    my ($order) = @_;
    my ($refundable, $all) = map { $order->left($_) } $order->{fees_back}, 1;
    my @open = grep { $NEXT{ $order->{taken}[$_]{state} } } 0 .. $#{ $order->{taken} };
    my $what = below(16);
    return $what <= 2 ? $refundable > 0 && $order->step(A => part_of($refundable))
        : $what <= 4  ? $order->step('T', some_tickets($order))
        : $what == 5  ? $all > 0 && $order->step(X => part_of($all))
        : $what <= 7  ? $all > 0 && $order->step(D => part_of($all))
        : $what <= 9  ? late_change($order)
        : $what == 10 ? time_passes($order)
        :               @open && settle_one($order, one_of(@open));
}

# What may stay for ever: fees, and the tax on them, where policy keeps them.
sub holds_more_than_kept_fees {
    my ($order) = @_;
    my @leaves = grep { $order->{fees_back} || !/\A(?:guest_fee|tax_on_fee)\z/ } @PARTS;
    return grep { my $ticket = $_; grep { $ticket->{$_} > 0 } @leaves } @{ $order->{holds} };
}

# All that is left, as often as it takes; in the end nothing fails any more.
sub wind_up {
    my ($order) = @_;
    for my $round (0 .. 59) {
        my @open = grep { $NEXT{ $order->{taken}[$_]{state} } } 0 .. $#{ $order->{taken} };
        if (@open && $round < 12) { settle_one($order, one_of(@open)) }
        elsif (@open) {
            my $state = $order->{taken}[ $open[0] ]{state};
            $order->step($state eq 'pending' ? 'S' : $NEXT{$state}[0][0], $open[0]);
        }
        elsif (holds_more_than_kept_fees($order)) { $order->step(A => $order->left($order->{fees_back})) }
        else                                      { last }
    }
    return;
}

sub random_life {
    my $price;
    do {
        $price = components(random_cart());
    } while $price->{list} > $AMOUNT_MAX || $price->{total} > $AMOUNT_MAX;
    my $order = OrderBooks->new($price, below(2));
    my @parts = map { @$_{@PARTS} } @{ $order->{holds} };
    $order->{order} = join ' ', $price->{reserve}, $order->{fees_back}, scalar @{ $order->{holds} }, @parts;
    $order->{total} = $price->{total};
    for (1 .. below(18)) {
        something($order);
        $order->{below_zero} = 1 if $order->credit('available') < 0;
    }
    wind_up($order);
    return $order;
}

sub asked { return join ' ', $_[0]{order}, @{ $_[0]{asked} }, '.' }

# --- what holds for any numbers ---------------------------------------------

my @NEVER_OWED = map { "organizer_$_" } qw(pending reserve dispute_hold);

# What of an answer is not as an order's that is closed, by its postings; or nothing.
sub not_closed {
    my ($order, $answer) = @_;
    my %balance;
    for my $step (split /\|/, $answer) {
        $balance{$1} += $2 while $step =~ /([a-z_]+) (-?\d+)/g;
        for (@NEVER_OWED, 'refunds_in_transit') { return "$_ $balance{$_}" if ($balance{$_} // 0) > 0 }
    }
    my %kept = map { $_ => 0 } qw(guest_fee tax_on_fee);
    for my $ticket (@{ $order->{holds} }) { $kept{$_} += $ticket->{$_} for keys %kept }
    my ($absorbed, $gone) = (0, 0);
    for (grep { $_->{state} =~ /\A(?:succeeded|lost)\z/ } @{ $order->{taken} }) {
        $absorbed += $_->{kept_absorbed};
        $gone     += $_->{amount};
    }
    my $disputes = grep { $_->{kind} eq 'dispute' } @{ $order->{taken} };
    my %is = (
        (map { $_ => 0 } qw(promo_discounts organizer_share refunds_in_transit dispute_receivable dispute_losses), @NEVER_OWED),
        fee_revenue => -$kept{guest_fee} - $absorbed, tax_payable => -$kept{tax_on_fee},
        organizer_available => $absorbed + $order->{fees_passed},
        dispute_fees => $disputes * OrderBooks::DISPUTE_FEE, dispute_fee_revenue => -$order->{fees_passed},
        gateway_clearing => $order->{total} - $gone - $disputes * OrderBooks::DISPUTE_FEE,
    );
    my $revenue = (delete $balance{ticket_revenue} // 0) + (delete $balance{refunds} // 0);
    return "ticket_revenue + refunds $revenue" if $revenue != 0;
    for (sort keys %is) { return "$_ " . ($balance{$_} // 0) . ", not $is{$_}" if (delete $balance{$_} // 0) != $is{$_} }
    return join ', ', %balance if %balance;
    return;
}

# --- the run ----------------------------------------------------------------

sub tidy { return $_[0] =~ s/\s+/ /gr =~ s/\A | \z//gr }

# What the programs say of each life, up to one at which they end.
sub ask {
    my ($lives) = @_;
    my ($in, $file) = tempfile('boxoffice-lives-XXXXXXXX', TMPDIR => 1, UNLINK => 1);
    print {$in} asked($_), "\n" for @$lives;
    close $in or die "$file: $!\n";
    open my $out, '-|', "'$program' < '$file'" or die "$program: $!\n";
    my @answers = map { tidy($_) } <$out>;
    push @answers, "ended with $?" if !close $out;
    unlink $file;
    return @answers;
}

# The first step at which they part.
sub difference {
    my ($order, $ours, $theirs) = @_;
    my @step = ('the sale', @{ $order->{asked} });
    my @ours = map { tidy($_) } split /\|/, $ours;
    my @theirs = map { tidy($_) } split /\|/, $theirs;
    my ($at) = grep { ($ours[$_] // 'nothing') ne ($theirs[$_] // 'nothing') } 0 .. $#step;
    return asked($order) if !defined $at;
    return asked($order) . "\n  step $at, $step[$at]\n  programs: " . ($ours[$at] // 'nothing') . "\n  book:     $theirs[$at]";
}

sub kinds {
    my ($order) = @_;
    my %kind = map { ("$_->{kind}, $_->{state}" => 1) } @{ $order->{taken} };
    $kind{matured}  = 1 if $order->{matured};
    $kind{released} = 1 if $order->{released};
    $kind{'organizer below zero'} = 1 if $order->{below_zero};
    $kind{'fees kept'} = 1 if $order->{balance}{fee_revenue} < 0;
    $kind{'absorbed fee kept'} = 1 if grep { $_->{kept_absorbed} > 0 && $_->{state} =~ /succeeded|lost/ } @{ $order->{taken} };
    $kind{'nothing to give, parts to take'} = 1 if grep { $_->{amount} == 0 && $_->{list} > 0 } @{ $order->{taken} };
    $kind{'fee passed on'} = 1 if $order->{fees_passed} > 0;
    return keys %kind;
}

my (%seen, $differs, $open, $steps);

BATCH: for (my $done = 0; $done < LIVES; $done += BATCH) {
    my @life    = map { random_life() } 1 .. BATCH;
    my @answers = ask(\@life);
    for my $order (@life) {
        my $ours   = shift @answers // 'nothing';
        my $theirs = tidy(join '', map { "$_ | " } @{ $order->{said} });
        if ($ours ne $theirs) {
            $differs = difference($order, $ours, $theirs);
            last BATCH;
        }
        my $what = not_closed($order, $ours);
        if (defined $what) {
            $open = "$what: " . asked($order);
            last BATCH;
        }
        $seen{$_}++ for kinds($order);
        $steps += @{ $order->{asked} };
    }
}

is($differs, undef, 'every step takes from every ticket, and posts, what the book says');
is($open, undef, 'once nothing is left, every order is closed');
if (!defined $differs && !defined $open) {
    cmp_ok($seen{$_} // 0, '>', LIVES / 100, "and there are enough of: $_")
        for 'by amount, succeeded', 'by amount, failed', 'by tickets, succeeded', 'by tickets, failed', 'external, succeeded',
        'external above policy, succeeded', 'dispute, lost', 'dispute, won', 'matured', 'released', 'organizer below zero', 'fees kept', 'absorbed fee kept',
        'nothing to give, parts to take', 'fee passed on';
    note "$steps steps";
}
note join ', ', map { "$seen{$_} $_" } sort keys %seen;
done_testing;
