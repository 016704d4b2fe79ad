package GoesBack;

# How money of a paid order goes back in a campaign: by refunds of ours, by
# what somebody does in the gateway's dashboard, by disputes that are answered,
# given up, won and lost. Callers do it while faults happen; what the gateway
# has in the end it says itself.
#
#     goes_back($s, $order, $what, $dice, $ask);     # $what: refund dashboard dispute settle
#     my $net = gateways_net($s);                    # {order id => what the gateway keeps of it}, or what it said instead
#     my $csv = disputes_file($s);                   # of NMI's, for POST /v1/disputes/import: an event of it may be lost for good
#
# $dice->(6) is 0 to 5; $ask->(path, body, key => ...) repeats a call until it
# is answered for good and writes down what was said.

use strict;
use warnings;
use Exporter qw(import);
use Papers qw(pdf give);
use Time::HiRes qw(sleep);

our @EXPORT = qw(goes_back gateways_net disputes_file);

my $sale_of = sub {
    my ($s, $order) = @_;
    my $list = $s->sandbox(GET => "/sandbox/transactions?order=$order->{id}")->{json}{data} || [];
    return (grep { $_->{kind} eq 'sale' && $_->{status} eq 'approved' } @$list)[0];
};

# By amount, by ticket, or all that is left; twice now and then.
sub refund {
    my ($s, $order, $dice, $ask) = @_;
    for (0 .. $dice->(2)) {
        my $how = $dice->(4);
        my ($ticket) = @{ $order->{tickets} || [] };
        my $body = $how == 0 ? { amount => 1 + $dice->($order->{amounts}{total}) } : $how == 1 && $ticket ? { tickets => [ $ticket->{id} ] } : {};
        $ask->("/v1/orders/$order->{id}/refunds", $body);
    }
}

sub dashboard {
    my ($s, $order, $dice) = @_;
    my $sale = $sale_of->($s, $order) or return;
    $s->sandbox(POST => '/sandbox/refunds', { transaction => $sale->{id}, amount => 1 + $dice->($sale->{amount}) });
}

# Text and a file, submitted; or the dispute is given up. Where ours does not know it yet, nothing.
sub answer_it {
    my ($s, $order, $dice, $ask) = @_;
    my $got = $s->call(GET => "/v1/disputes?order=$order->{id}", undef, key => 'admin');
    my ($open) = grep { $_->{status} eq 'needs_response' } @{ ($got->{json} || {})->{data} || [] } or return;
    return $ask->("/v1/disputes/$open->{id}/accept", undef, key => 'admin') if !$dice->(3);
    $s->call(POST => "/v1/disputes/$open->{id}/evidence", { product_description => 'A concert' }, key => 'admin');
    give($s, $open->{id}, 'receipt', pdf("receipt of $open->{id}"), 'application/pdf');
    $ask->("/v1/disputes/$open->{id}/submit", undef, key => 'admin');
}

# In whole, in part, or of more than there is; most end, some are won on appeal.
sub dispute {
    my ($s, $order, $dice, $ask) = @_;
    my $sale = $sale_of->($s, $order) or return;
    my $amount = $dice->(2) ? $sale->{amount} : 1 + $dice->($sale->{amount});
    my $there = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent', amount => $amount })->{json}{id} or return;
    sleep 0.2 + $dice->(10) / 10;
    answer_it($s, $order, $dice, $ask) if $dice->(2);
    return if !$dice->(4);
    my $end = sub { $s->sandbox(POST => "/sandbox/disputes/$there/resolve", { outcome => $_[0] }) };
    $end->($dice->(2) ? 'won' : 'lost')->{status} == 200 or return;
    $end->('won') if !$dice->(3);
}

sub settle { my ($s) = @_; $s->sandbox(POST => '/sandbox/settle', {}) }

my %HOW = (refund => \&refund, dashboard => \&dashboard, dispute => \&dispute, settle => \&settle);
sub goes_back { my ($s, $order, $what, @with) = @_; return $HOW{$what}->($s, $order, @with) }

sub disputes_file {
    my ($s) = @_;
    my @there = grep { $_->{gateway} eq 'nmi' } @{ $s->sandbox(GET => '/sandbox/disputes')->{json}{data} || [] };
    return join "\n", 'id,transaction_id,amount,fee,status', map { sprintf '%s,%s,%.2f,%.2f,%s', @$_{qw(id transaction)}, $_->{amount} / 100, $_->{fee} / 100,
        $_->{status} eq 'open' ? '' : $_->{status} } @there;
}

# Sales less refunds, and less what disputes took that are not won, and their fees.
sub gateways_net {
    my ($s) = @_;
    my %net;
    for my $path (qw(transactions disputes)) {
        my $got = $s->sandbox(GET => "/sandbox/$path");
        return "$got->{status} $got->{body}" if $got->{status} != 200;
        for my $t (@{ $got->{json}{data} }) {
            if ($path eq 'disputes') { $net{ $t->{order} } -= $t->{fee} + ($t->{status} eq 'won' ? 0 : $t->{amount}) }
            elsif ($t->{status} eq 'approved' && $t->{kind} ne 'void') { $net{ $t->{order} } += $t->{kind} eq 'refund' ? -$t->{amount} : $t->{amount} }
        }
    }
    return \%net;
}

1;
