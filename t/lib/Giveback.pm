# What an amount given back takes from each ticket, once more: written from the
# paragraph "Splitting an amount R given back" of ledger.md alone, to be
# compared with what the programs say (src/domain/refunds/giveback.c).
#
#     my @gives = give_amount(\@holds, $amount, $fees);     # $fees: whether fees and their tax can be given back
#     my @gives = give_tickets(\@holds, [ 0, 2 ], $fees);   # these, by their place
#     my $most  = left(\@holds, $fees);
#
# holds and gives are tickets, each with the seven parts that Components.pm
# gives it. Nothing is changed; tickets that give nothing give zeros.
package Giveback;

use strict;
use warnings;
use integer;
use Components qw(muldiv split_by);
use Exporter qw(import);

our @EXPORT_OK = qw(give_amount give_tickets left @PARTS);

our @PARTS = qw(net guest_fee tax tax_on_fee organizer_promo platform_promo absorbed_fee);
my %follows_a_fee = map { $_ => 1 } qw(guest_fee tax_on_fee);

# "then inside each ticket over (net, guest_fee, tax, tax_on_fee) in that order"; "where fees are kept by policy,
# guest_fee and tax_on_fee are not part of what can be given back".
sub money_parts {
    my ($fees) = @_;
    return grep { $fees || !$follows_a_fee{$_} } qw(net guest_fee tax tax_on_fee);
}

sub ticket_left {
    my ($ticket, $fees) = @_;
    my $left = 0;
    $left += $ticket->{$_} for money_parts($fees);
    return $left;
}

sub left {
    my ($holds, $fees) = @_;
    my $left = 0;
    $left += ticket_left($_, $fees) for @$holds;
    return $left;
}

sub nothing { return { map { $_ => 0 } @PARTS } }

# "By ticket: R is all that those tickets still hold."
sub everything {
    my ($ticket, $fees) = @_;
    return { map { $_ => !$fees && $follows_a_fee{$_} ? 0 : $ticket->{$_} } @PARTS };
}

# round(whole x part / of), half up.
sub in_proportion {
    my ($whole, $part, $of) = @_;
    my ($floor, $rest) = muldiv($whole, $part, $of);
    return $rest * 2 < $of ? $floor : $floor + 1;
}

sub inside {
    my ($ticket, $amount, $fees) = @_;
    my $gives = nothing();
    my @of    = money_parts($fees);
    @$gives{@of} = split_by($amount, @$ticket{@of});
    return $gives if $ticket->{net} == 0;    # "with no net left nothing follows"
    my $discount = in_proportion($ticket->{organizer_promo} + $ticket->{platform_promo}, $gives->{net}, $ticket->{net});
    $gives->{$_} = in_proportion($ticket->{$_}, $gives->{net}, $ticket->{net}) for qw(platform_promo absorbed_fee);
    $gives->{organizer_promo} = $discount - $gives->{platform_promo};
    return $gives;
}

sub give_tickets {
    my ($holds, $chosen, $fees) = @_;
    my %chosen = map { $_ => 1 } @$chosen;
    return map { $chosen{$_} ? everything($holds->[$_], $fees) : nothing() } 0 .. $#$holds;
}

sub give_amount {
    my ($holds, $amount, $fees) = @_;
    my @left = map { ticket_left($_, $fees) } @$holds;
    my $all  = left($holds, $fees);
    die "$amount of $all\n" if $amount > $all;
    return map { everything($_, $fees) } @$holds if $amount == $all;    # "an amount that leaves nothing takes every ticket's rest"
    my @amount = split_by($amount, @left);
    return map { inside($holds->[$_], $amount[$_], $fees) } 0 .. $#$holds;
}

1;
