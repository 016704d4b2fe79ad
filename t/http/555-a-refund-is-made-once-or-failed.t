# Proves that a refund whose answer is lost is made once, that one which the gateway refuses or takes back fails and leaves the books as if it had not been, and that
# a daemon killed in the midst of refunds makes none twice. At both gateways, by faults of the sandbox.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 3500 });
my $fault  = sub { my ($kind, %more) = @_; $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $kind, count => 1, %more }) };
my $refund = sub { my ($order, $body) = @_; my $r = $s->call(POST => "/v1/orders/$order/refunds", $body // {}); return $r->{json} };
my $status = sub { $s->must(GET => "/v1/refunds/$_[0]")->{status} };
my $ended  = sub { my ($id, $seconds) = @_; $s->wait_until($seconds // 15, sub { $status->($id) ne 'pending' }); return $status->($id) };
my $order  = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $back   = sub { grep { $_->{status} ne 'declined' && $_->{kind} ne 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $untold = sub { my ($sale) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} };      # all is given back there, and we hear nothing of it
    $fault->('drop_before', target => 'webhooks', count => 100);
    $s->sandbox(POST => '/sandbox/refunds', { transaction => $sale->{id}, amount => $sale->{amount} }) };
my $told   = sub { $s->wait_until(10, sub { !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending} }); $s->sandbox(DELETE => '/sandbox/faults') };
my $owed   = sub { one_value($s, q{select coalesce(sum(amounts[array_position(accounts, ?)]), 0) from ledger.entries where order_id = ?}, $_[1], uuid_of($_[0])) };

for my $gateway (qw(nmi stripe)) {
    my $shop = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 } });
    my $buy  = sub { $s->buy($shop, { Floor => 2 }, payment_token => $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa')->{json} };

    for my $kind (qw(drop_before drop_after 500_after garbage timeout)) {
        my $o = $buy->();
        $fault->($kind);
        my $r = $refund->($o->{id}, { amount => 1234 });
        is($ended->($r->{id}, 25), 'succeeded', "$gateway, $kind: it is made in the end");
        is(scalar($back->($o->{id})), 1, '... once');
        is($order->($o->{id})->{amounts}{refunded}, 1234, '... and counted once');
    }

    # Refused: somebody has given all of it back in the gateway's dashboard.
    my $o = $buy->();
    $untold->($o->{id});
    my $r = $refund->($o->{id}, { tickets => [ $o->{tickets}[0]{id} ] });
    is($ended->($r->{id}), 'failed', "$gateway: what the gateway refuses is failed");
    my $after = $order->($o->{id});
    is("$after->{status} $after->{amounts}{refunded} $after->{tickets}[0]{status}", 'paid 0 valid', '... the order is as it was, its ticket good');
    is($owed->($o->{id}, 'organizer_pending'), -9000, '... the organizer has its share again');
    is($owed->($o->{id}, 'refunds_in_transit'), 0, '... and nothing is owed');
    is_deeply([ sort map { $_->{kind} } @{ $s->must(GET => "/v1/ledger/entries?order=$o->{id}", undef, key => 'admin')->{data} } ], [qw(refund refund_failed sale)],
        '... by a reversing entry');
    $told->();
}

# A refund that fails takes its code's use again.
{
    my $shop = $s->shop;
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'ONCE', max_redemptions => 1, return_on_refund => JSON::PP::true,
        discount => { type => 'fixed', amount => 100, per => 'order' } });
    my $again = sub { $s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => 'ONCE'))->{promo}{reason} // 'applies' };
    my $o = $s->buy($shop, { Floor => 2 }, promo_code => 'ONCE', payment_token => 'tok_visa')->{json};
    $untold->($o->{id});
    my $r = $refund->($o->{id});
    is($ended->($r->{id}), 'failed', 'all of an order with a code, refused');
    is($again->(), 'promo_exhausted', '... its code is used, as before');
    $told->();
}

# Stripe takes it back later.
{
    my $shop = $s->shop(organizer => { gateway => 'stripe' });
    my $o = $s->buy($shop, { Floor => 2 }, payment_token => 'pm_card_visa')->{json};
    $fault->('refund_fail', delay_ms => 1500);
    my $r = $refund->($o->{id}, { amount => 500 });
    is($ended->($r->{id}), 'succeeded', 'a refund succeeds at Stripe');
    ok($s->wait_until(20, sub { $status->($r->{id}) eq 'failed' }), '... and fails afterwards');
    is_deeply([ sort map { $_->{kind} } @{ $s->must(GET => "/v1/ledger/entries?order=$o->{id}", undef, key => 'admin')->{data} } ],
        [qw(refund refund_failed refund_settled refund_unsettled sale)], '... each step an entry');
    is($order->($o->{id})->{status}, 'paid', '... the order is paid');
    is($owed->($o->{id}, 'organizer_pending'), -10000, '... and all is the organizer\'s again');
}

# The daemon dies three times in the midst of forty refunds.
{
    my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
    my @order = map { $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{id} } 1 .. 40;
    my @refund = map { $refund->($_)->{id} } @order;
    for (1 .. 3) {
        select undef, undef, undef, 0.25;
        kill KILL => $s->part_pid('jobs');
        $s->wait_until(3, sub { !kill 0, $s->part_pid('jobs') });
        eval { $s->stop('jobs') };
        $s->start('jobs');
    }
    is(scalar(grep { $ended->($_, 40) ne 'succeeded' } @refund), 0, 'forty refunds under three kills: all are made');
    is(scalar(grep { $back->($_) != 1 } @order), 0, '... none twice');
}
$s->wait_until(10, sub { !one_value($s, q{select count(*) from ops.jobs where kind in ('refund_send', 'payment_lookup')}) });
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
