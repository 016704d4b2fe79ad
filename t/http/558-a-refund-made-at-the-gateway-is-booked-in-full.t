# Proves that money which somebody gives back in the gateway's dashboard is booked once, as the ledger's page says, whatever the order holds: alone, after and
# beside our own refunds, above what policy gives back, and when it fails later. At both gateways, by their webhooks; the books are OrderBooks.pm's.
use strict;
use warnings;
use Components qw(components);
use OrderBooks;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0,
    env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 3500 });
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $order  = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $refund = sub { my ($order, $body) = @_; $s->call(POST => "/v1/orders/$order/refunds", $body // {})->{json} };
my $list   = sub { @{ $s->must(GET => "/v1/refunds?order=$_[0]&limit=100")->{data} } };
my $theirs = sub { grep { $_->{external} } $list->($_[0]) };
my $sale   = sub { my ($t) = grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} }; return $t };
my $byhand = sub { my ($order, $amount) = @_; my $r = $s->sandbox(POST => '/sandbox/refunds', { transaction => $sale->($order)->{id}, amount => $amount });
    is($r->{status}, 200, "... $amount are given back at the gateway"); return $r->{json}{id} };
my $quiet  = sub { $s->wait_until($_[0] // 15, sub { !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending}
    && !one_value($s, q{select (select count(*) from app.webhook_events where state = 'received') + (select count(*) from ops.jobs
        where kind in ('refund_trace', 'refund_external', 'refund_send', 'payment_lookup', 'capture_return'))}) }) };
my $books  = sub { my %sum; for my $e (@{ $s->must(GET => "/v1/ledger/entries?order=$_[0]&limit=100", undef, key => 'admin')->{data} }) {
    $sum{ $_->{account} } += $_->{amount} for @{ $e->{postings} } } return { map { $_ => $sum{$_} } grep { $sum{$_} } keys %sum } };
my $expect = sub { my ($o) = @_; return { map { $_ => $o->{balance}{$_} } grep { $o->{balance}{$_} } keys %{ $o->{balance} } } };

# An order of two tickets at 5000, with fees that policy keeps or gives back, and its books.
my $bought = sub {
    my ($gateway, $fees_back, %more) = @_;
    my $shop = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $fees_back ? $yes : $no } });
    my $o = $s->buy($shop, { Floor => 2 }, payment_token => $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa', %more)->{json};
    my $price = components({ lines => [ [ 5000, 2, 'Floor' ] ], promos => [], percent_bps => 500, fixed_amount => 50, payer => 'guest', tax_bps => 800,
        inclusive => 0, on_fees => 0, reserve_bps => 1000 });
    return ($o, OrderBooks->new($price, $fees_back));
};
my $says = sub { my ($r) = @_; return join ' ', $r->{status}, $r->{amount}, $r->{external} ? 'external' : 'ours', $r->{reason} // 'no reason' };

for my $gateway (qw(nmi stripe)) {
    # Alone, twice, in parts and above what policy gives back.
    for my $fees_back (0, 1) {
        my ($o, $ledger) = $bought->($gateway, $fees_back);
        my $fees = $fees_back ? 'fees given back' : 'fees kept';
        $byhand->($o->{id}, 1234);
        $quiet->();
        is(join(', ', map { $says->($_) } $list->($o->{id})), 'succeeded 1234 external no reason', "$gateway, $fees: it is booked, as made there");
        $ledger->step(X => 1234);
        $ledger->step(S => 0);
        is_deeply($books->($o->{id}), $expect->($ledger), '... as the page says');
        my $after = $order->($o->{id});
        is("$after->{status} $after->{amounts}{refunded} $after->{tickets}[0]{status} $after->{tickets}[1]{status}", 'partially_refunded 1234 valid valid',
            '... the order is refunded in part, its tickets good');
        my $rest = $o->{amounts}{total} - 1234;
        $byhand->($o->{id}, $rest);
        $quiet->();
        $ledger->step(X => $rest);
        $ledger->step(S => 1);
        is_deeply($books->($o->{id}), $expect->($ledger), '... all the rest, the fees with it, is booked as the page says');
        $after = $order->($o->{id});
        is("$after->{status} $after->{amounts}{refunded} $after->{tickets}[0]{status} $after->{tickets}[1]{status}", "refunded $o->{amounts}{total} refunded refunded",
            '... the order is refunded, its tickets are not good');
        problem_ok($s->call(POST => "/v1/orders/$o->{id}/refunds", {}), 409, 'nothing_left', '... and nothing is left');
    }

    # After ours, and before the next of ours; each event five times, in any order.
    my ($o, $ledger) = $bought->($gateway, 1);
    my $ours = $refund->($o->{id}, { tickets => [ $o->{tickets}[0]{id} ], reason => 'ill' });
    $quiet->();
    $byhand->($o->{id}, 700);
    $quiet->();
    $ledger->step(T => 1, 0);
    $ledger->step(S => 0);
    $ledger->step(X => 700);
    $ledger->step(S => 1);
    is(join(', ', sort map { $says->($_) } $list->($o->{id})), "succeeded $ours->{amount} ours ill, succeeded 700 external no reason", "$gateway: after one of ours");
    is_deeply($books->($o->{id}), $expect->($ledger), '... as the page says');
    my $before = books_hash($s);
    my $replayed = $s->sandbox(POST => '/sandbox/webhooks/replay', { count => 5, shuffle => $yes })->{json};
    cmp_ok($replayed->{sent}, '>=', 5 * $replayed->{events}, "... all $replayed->{events} events five times, shuffled");
    $quiet->(30);
    is(books_hash($s), $before, '... change nothing');
    my $last = $refund->($o->{id});
    is($last->{amount}, $o->{amounts}{total} - $ours->{amount} - 700, '... the next of ours is of what is left');
    $quiet->();
    is($order->($o->{id})->{status}, 'refunded', '... and closes the order');

    # Its code's use comes back with all of the money.
    my $shop = $s->shop(organizer => { gateway => $gateway });
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'BACK', discount => { type => 'percent', percent_bps => 1000 },
        max_redemptions => 1, return_on_refund => $yes });
    my $used = $s->buy($shop, { Floor => 1 }, promo_code => 'BACK', payment_token => $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa')->{json};
    $byhand->($used->{id}, $used->{amounts}{total});
    $quiet->();
    my $quote = $s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => 'BACK'));
    is($quote->{promo}{reason} // 'applies', 'applies', "$gateway: a code's use comes back");

    # While ours is under way somebody gives all of it back: more than the order has left.
    my ($both) = $bought->($gateway, 1);
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'drop_before', count => 1 });
    my $asked = $refund->($both->{id}, { amount => 1000 });
    $s->wait_until(5, sub { one_value($s, q{select state from app.payments where refund_id = ?}, uuid_of($asked->{id})) // '' ne 'sending' });
    $byhand->($both->{id}, $both->{amounts}{total});
    ok($s->wait_until(10, sub { scalar $theirs->($both->{id}) }), "$gateway: ours is under way, all is given back there: it is booked");
    my ($over) = $theirs->($both->{id});
    is("$over->{amount} $over->{from}{platform_losses}", "$both->{amounts}{total} 1000", '... in full, and what the order had not is the platform\'s loss');
    like($s->boxoffice(qw(discrepancies list))->{out}, qr/over_captured +1000 USD/, '... which is told as a discrepancy');
    $quiet->(40);
    is($s->must(GET => "/v1/refunds/$asked->{id}")->{status}, 'failed', '... ours fails, since nothing is left there');
    my $end = $order->($both->{id});
    is("$end->{status} $end->{amounts}{refunded} $end->{tickets}[0]{status}", "refunded $both->{amounts}{total} refunded", '... and once all went back');
    is(($theirs->($both->{id}))[0]{from}{platform_losses}, 0, '... what came back has paid what was too much');
    is($books->($both->{id})->{gateway_clearing} // 0, 0, '... in the books as at the gateway');
}

# Stripe takes it back later.
{
    my ($o, $ledger) = $bought->('stripe', 1, payment_token => 'pm_card_refundFail');
    $byhand->($o->{id}, 900);
    ok($s->wait_until(5, sub { scalar $theirs->($o->{id}) }), 'one that fails later is booked');
    ok($s->wait_until(15, sub { ($theirs->($o->{id}))[0]{status} eq 'failed' }), '... until it fails');
    $quiet->();
    is_deeply($books->($o->{id}), $expect->($ledger), '... then the books are as if it had not been');
    is($order->($o->{id})->{status}, 'paid', '... and the order is paid');
}
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
$s->books_ok;
done_testing;
