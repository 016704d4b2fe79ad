# The life of one order in the books, from its sale until all is given back:
# recipes 1 to 4 and 7 to 9 of ledger.md, and from which of the organizer's
# accounts each takes, written from that page alone. What is taken from each
# ticket is Giveback.pm's.
#
#     my $order = OrderBooks->new($price, $gives_fees_back);    # $price: of Components.pm; books the sale
#     $order->step('A', 500);                                   # a refund of an amount
#
# Steps, as t/unit/give-back takes them; k counts refunds and disputes together, from 0:
#
#     A amount    a refund by amount                    S k    the gateway confirmed refund k
#     T n i...    a refund of these n tickets           F k    it failed
#     X amount    a refund made at the gateway's        U k    it had been confirmed, and was not so
#     D amount    a dispute, at most what is held       L k    dispute k was lost        P k    its fee was passed on
#     M, R        pending matured, reserve released     W k    it was won                Q k    and given back
#                                                       V k    it was lost, and was not so
#
# Each adds a line to $order->{said}: what tickets gave (only A, T, X, D), and the postings.
package OrderBooks;

use strict;
use warnings;
use integer;
use Giveback qw(give_amount give_tickets @PARTS);

use constant DISPUTE_FEE => 1500;

my @CHART = qw(gateway_clearing gateway_reserve bank dispute_receivable organizer_pending organizer_available organizer_reserve
    organizer_dispute_hold payouts_in_transit refunds_in_transit tax_payable ticket_revenue promo_discounts refunds fee_revenue
    dispute_fee_revenue organizer_share gateway_fees dispute_fees dispute_losses platform_adjustments bad_debt);

my %STEPS = (A => \&by_amount, T => \&by_tickets, X => \&external, D => \&dispute_opened, S => \&settled, F => \&failed, U => \&unsettled,
    L => \&lost, W => \&won, V => \&reversed, P => \&fee_passed, Q => \&fee_returned, M => \&matured, R => \&released);

sub new {
    my ($class, $price, $fees_back) = @_;
    my $self = bless {
        holds => [ map { {%$_} } map { @$_ } @{ $price->{ticket} } ], fees_back => $fees_back, taken => [], fees_passed => 0,
        balance => { map { $_ => 0 } @CHART }, asked => [], said => [],
    }, $class;
    $self->post({
        gateway_clearing => $price->{total}, promo_discounts => $price->{discount}, ticket_revenue => -$price->{list},
        fee_revenue => -$price->{guest_fee} - $price->{absorbed_fee}, tax_payable => -$price->{tax}, organizer_share => $price->{share},
        organizer_reserve => -$price->{reserve}, organizer_pending => -($price->{share} - $price->{absorbed_fee} - $price->{reserve}),
    });
    return $self;
}

sub step {
    my ($self, $letter, @numbers) = @_;
    push @{ $self->{asked} }, "$letter @numbers";
    $STEPS{$letter}->($self, @numbers);
    return;
}

# What can still be given back: by policy, or with every fee.
sub left { return Giveback::left($_[0]{holds}, $_[1]) }

# --- entries ----------------------------------------------------------------

sub post {
    my ($self, $entry, $gives) = @_;
    my $text = join ' ', map { "$_ $entry->{$_}" } grep { $entry->{$_} } @CHART;
    $self->{balance}{$_} += $entry->{$_} for keys %$entry;
    push @{ $self->{said} }, (defined $gives ? join(' , ', map { join ' ', @$_{@PARTS} } @$gives) . ' : ' : '') . $text;
    return;
}

sub reversing { return { map { $_ => -$_[0]{$_} } keys %{ $_[0] } } }

sub credit { return -$_[0]{balance}{"organizer_$_[1]"} }

# Debits of the organizer's accounts: of these in turn what this order has there, and the rest of what may go below zero.
sub from_own {
    my ($self, $amount, @first) = @_;
    my %from;
    for my $account (@first) {
        my $has = $self->credit($account);
        $from{"organizer_$account"} = $has < $amount ? $has : $amount;
        $amount -= $from{"organizer_$account"};
    }
    $from{organizer_available} = $amount;
    return %from;
}

# Recipe 8: "first, organizer_available until what this order took from it ... is no more than what matured and was released
# for it; of the rest organizer_reserve, at most what recipe 7 (for a refund: 2) took from it; what then remains organizer_pending".
sub to_own {
    my ($self, $amount, $reserve_took) = @_;
    my $owes = -($self->credit('available') + $self->{fees_passed});    # "passed-on dispute fees don't count"
    my %to = (available => $owes <= 0 ? 0 : $owes < $amount ? $owes : $amount);
    my $rest = $amount - $to{available};
    $to{reserve} = $rest < $reserve_took ? $rest : $reserve_took;
    $to{pending} = $rest - $to{reserve};
    for ([ reserve => 'released' ], [ pending => 'matured' ]) {         # "what would go to an account that has its entry"
        my ($account, $entry) = @$_;
        next if !$self->{$entry};
        $to{available} += $to{$account};
        $to{$account} = 0;
    }
    return map { ("organizer_$_" => -$to{$_}) } keys %to;
}

# --- what leaves the order, and what comes back -----------------------------

sub leave {
    my ($self, $gives) = @_;
    for my $i (0 .. $#$gives) {
        for my $part (@PARTS) {
            die "ticket $i gives $gives->[$i]{$part} of its $part\n" if $gives->[$i]{$part} < 0;
            $self->{holds}[$i]{$part} -= $gives->[$i]{$part};
            die "ticket $i has $self->{holds}[$i]{$part} left of its $part\n" if $self->{holds}[$i]{$part} < 0;
        }
    }
    return;
}

sub come_back {
    my ($self, $taken) = @_;
    for my $i (0 .. $#{ $taken->{gives} }) { $self->{holds}[$i]{$_} += $taken->{gives}[$i]{$_} for @PARTS }
    return;
}

sub summed {
    my ($gives) = @_;
    my %sum = map { $_ => 0 } @PARTS;
    for my $ticket (@$gives) { $sum{$_} += $ticket->{$_} for @PARTS }
    my $discount = $sum{organizer_promo} + $sum{platform_promo};
    my $tax      = $sum{tax} + $sum{tax_on_fee};
    return {
        gives => $gives, amount => $sum{net} + $sum{guest_fee} + $tax, list => $sum{net} + $discount, discount => $discount,
        fee => $sum{guest_fee}, tax => $tax, share => $sum{net} + $sum{platform_promo}, absorbed => $sum{absorbed_fee},
    };
}

# --- recipes 2 and 3 --------------------------------------------------------

sub refund {
    my ($self, $kind, @gives) = @_;
    my $r = summed(\@gives);
    my $absorbed = $self->{fees_back} ? $r->{absorbed} : 0;    # "r_absorbed (in this recipe: 0 where fees are kept)"
    my $entry = {
        refunds => $r->{list}, promo_discounts => -$r->{discount}, fee_revenue => $r->{fee} + $absorbed, tax_payable => $r->{tax},
        refunds_in_transit => -$r->{amount}, organizer_share => -$r->{share},
        $self->from_own($r->{share} - $absorbed, qw(pending reserve)),
    };
    push @{ $self->{taken} }, { %$r, kind => $kind, state => $r->{amount} > 0 ? 'pending' : 'succeeded', entry => $entry,
        from_organizer => $r->{share} - $absorbed, kept_absorbed => $r->{absorbed} - $absorbed };
    $self->leave(\@gives);
    $self->post($entry, \@gives);
    return;
}

sub by_amount {
    my ($self, $amount) = @_;
    return $self->refund('by amount', give_amount($self->{holds}, $amount, $self->{fees_back}));
}

sub by_tickets {
    my ($self, $n, @tickets) = @_;
    return $self->refund('by tickets', give_tickets($self->{holds}, \@tickets, $self->{fees_back}));
}

# "An external refund up to what policy gives back is split as our own; above it ... with fees and their tax included".
sub external {
    my ($self, $amount) = @_;
    my $above = $amount > $self->left($self->{fees_back});
    return $self->refund($above ? 'external above policy' : 'external', give_amount($self->{holds}, $amount, $above || $self->{fees_back}));
}

sub settled {
    my ($self, $k) = @_;
    my $r = $self->{taken}[$k];
    $r->{state} = 'succeeded';
    return $self->post({ refunds_in_transit => $r->{amount}, gateway_clearing => -$r->{amount} });
}

sub unsettled {
    my ($self, $k) = @_;
    my $r = $self->{taken}[$k];
    $r->{state} = 'unsettled';
    return $self->post({ refunds_in_transit => -$r->{amount}, gateway_clearing => $r->{amount} });
}

# "the reversing entry of 2, its organizer parts returned by the rule of recipe 8"
sub failed {
    my ($self, $k) = @_;
    my $r = $self->{taken}[$k];
    $r->{state} = 'failed';
    $self->come_back($r);
    return $self->post({ %{ reversing($r->{entry}) }, $self->to_own($r->{from_organizer}, $r->{entry}{organizer_reserve}) });
}

# --- recipe 4 ---------------------------------------------------------------

sub matured {
    my ($self) = @_;
    my $amount = $self->credit('pending');
    $self->{matured} = 1;
    return $self->post({ organizer_pending => $amount, organizer_available => -$amount });
}

sub released {
    my ($self) = @_;
    my $amount = $self->credit('reserve');
    $self->{released} = 1;
    return $self->post({ organizer_reserve => $amount, organizer_available => -$amount });
}

# --- recipes 7 to 9 ---------------------------------------------------------

sub dispute_opened {
    my ($self, $amount) = @_;
    my @gives = give_amount($self->{holds}, $amount, 1);    # "with fees and the tax on them included whatever the refund policy says"
    my $d     = summed(\@gives);
    my $entry = {
        dispute_receivable => $amount, dispute_fees => DISPUTE_FEE, gateway_clearing => -$amount - DISPUTE_FEE,
        organizer_dispute_hold => -$d->{share}, $self->from_own($d->{share}, qw(reserve pending)),
    };
    push @{ $self->{taken} }, { %$d, kind => 'dispute', state => 'open', entry => $entry, kept_absorbed => $d->{absorbed} };
    $self->leave(\@gives);
    return $self->post($entry, \@gives);
}

sub won {
    my ($self, $k) = @_;
    my $d = $self->{taken}[$k];
    $d->{state} = 'won';
    $self->come_back($d);
    return $self->post({ gateway_clearing => $d->{amount}, dispute_receivable => -$d->{amount}, organizer_dispute_hold => $d->{share},
        $self->to_own($d->{share}, $d->{entry}{organizer_reserve}) });
}

sub lost_entry {
    my ($d) = @_;
    return { refunds => $d->{list}, promo_discounts => -$d->{discount}, fee_revenue => $d->{fee}, tax_payable => $d->{tax},
        dispute_receivable => -$d->{amount}, organizer_dispute_hold => $d->{share}, organizer_share => -$d->{share} };
}

sub lost {
    my ($self, $k) = @_;
    $self->{taken}[$k]{state} = 'lost';
    return $self->post(lost_entry($self->{taken}[$k]));
}

sub reversed {
    my ($self, $k) = @_;
    $self->{taken}[$k]{state} = 'reversed';
    return $self->post(reversing(lost_entry($self->{taken}[$k])));
}

sub fee_passed {
    my ($self, $k) = @_;
    $self->{taken}[$k]{passed} = 1;
    $self->{fees_passed} += DISPUTE_FEE;
    return $self->post({ organizer_available => DISPUTE_FEE, dispute_fee_revenue => -DISPUTE_FEE });
}

sub fee_returned {
    my ($self, $k) = @_;
    $self->{taken}[$k]{passed} = 0;
    $self->{fees_passed} -= DISPUTE_FEE;
    return $self->post({ organizer_available => -DISPUTE_FEE, dispute_fee_revenue => DISPUTE_FEE });
}

1;
