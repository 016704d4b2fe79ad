# Proves that refunds never take more of an organizer than it has, unless it may owe; that what comes back to an order after its day matures at once; and what
# a refund that fails leaves of another's tickets. By events that are over on the test clock, and refunds that Stripe takes back late.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 8, hook => 2, api => 4);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $refund  = sub { my ($order, $body, %more) = @_; $s->call(POST => "/v1/orders/$order/refunds", $body // {}, %more) };
my $status  = sub { $s->must(GET => "/v1/refunds/$_[0]")->{status} };
my $becomes = sub { my ($id, $want) = @_; $s->wait_until(30, sub { $status->($id) eq $want }); return $status->($id) };
my $order   = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $balance = sub {
    my ($b) = @{ $s->must(GET => "/v1/balance?organizer=$_[0]", undef, key => 'admin')->{balances} }; return "$b->{pending} $b->{reserved} $b->{available}";
};
my $number  = sub { one_value($s, 'select org from app.organizers where id = ?', uuid_of($_[0])) };

my %over = map { $_ => $s->shop(organizer => { payout_policy => { allow_negative => $_ ? $yes : $no, hold_days_after_event => 0 } }) } 0, 1;
my %sold = map { my $shop = $over{$_}; $_ => [ map { $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{id} } 1 .. 8 ] } 0, 1;

my $stripe = $s->shop(organizer => { gateway => 'stripe', payout_policy => { reserve_bps => 1000, hold_days_after_event => 3, reserve_days => 10 } });
my $late   = $s->buy($stripe, { Floor => 2 }, payment_token => 'pm_card_visa')->{json};
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 8000 });
my $taken_back = $refund->($late->{id})->{json};
is($becomes->($taken_back->{id}, 'succeeded'), 'succeeded', 'all of an order is refunded');
is($balance->($stripe->{organizer}), '0 0 0', '... its organizer has nothing of it');

$s->advance_clock(86400 * 50);
is($becomes->($taken_back->{id}, 'failed'), 'failed', 'Stripe takes it back when the event is long over');
ok($s->wait_until(10, sub { $balance->($stripe->{organizer}) eq '0 0 10000' }), '... then its share is available at once') or diag($balance->($stripe->{organizer}));
is_deeply([ sort map { $_->{kind} } @{ $s->must(GET => "/v1/ledger/entries?order=$late->{id}", undef, key => 'admin')->{data} } ],
    [qw(matured refund refund_failed refund_settled refund_unsettled reserve_released sale)], '... it matured and was released then');

# --- more than there is ------------------------------------------------------------------

for my $negative (0, 1) {
    my ($org, @orders) = ($number->($over{$negative}{organizer}), @{ $sold{$negative} });
    is($balance->($over{$negative}{organizer}), '0 0 40000', 'eight tickets\' worth is available');
    # As a payout will leave it: for the time of this claim only.
    $s->dbh->do(q{insert into ledger.entries (org, id, effect, object_id, currency, accounts, amounts, occurred_at, recorded_at)
        values (?, gen_random_uuid(), 'payout_sent', gen_random_uuid(), 'USD', '{organizer_available,payouts_in_transit}', '{30000,-30000}', now(), now())}, undef, $org);
    my $look = $refund->($orders[0], { amount => 100 });
    is($look->{status}, 201, 'a little of what is left');
    my %told;
    $told{ $_->{json}{code} // $_->{status} }++ for $s->parallel(7, sub { $refund->($orders[ $_[0] + 1 ]) });
    is(($told{201} // 0) . ' made, ' . ($told{insufficient_organizer_balance} // 0) . ' refused', $negative ? '7 made, 0 refused' : '1 made, 6 refused',
        'seven more at once, of an organizer with less than two tickets\' worth' . ($negative ? ' that may owe' : ''));
    cmp_ok((split ' ', $balance->($over{$negative}{organizer}))[2], $negative ? '<' : '>=', 0, '... and its balance says so');
    $s->dbh->do(q{delete from ledger.entries where org = ? and effect = 'payout_sent'}, undef, $org);
    $s->dbh->do(q{delete from ledger.checkpoints where org = ?}, undef, $org);
    $s->dbh->do(q{delete from ledger.horizons where org = ?}, undef, $org);
}

# --- one fails after another has taken the rest ---------------------------------------------

{
    my $shop = $s->shop(organizer => { gateway => 'stripe' }, event => { starts_at => '2031-01-01T20:00:00Z', ends_at => '2031-01-01T23:00:00Z' });
    my $o = $s->buy($shop, { Floor => 2 }, payment_token => 'pm_card_visa')->{json};
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 4000 });
    my $some = $refund->($o->{id}, { amount => 1600 })->{json};
    is($becomes->($some->{id}, 'succeeded'), 'succeeded', 'some of an order');
    my $named = $refund->($o->{id}, { tickets => [ $o->{tickets}[0]{id} ] })->{json};
    $refund->($o->{id});
    is($order->($o->{id})->{status}, 'refunded', '... then a ticket, then the rest');
    is($becomes->($some->{id}, 'failed'), 'failed', '... and the first fails');
    my $after = $order->($o->{id});
    is("$after->{status} " . join(' ', map { $_->{status} } @{ $after->{tickets} }), 'partially_refunded refunded valid',
        '... something is left: its tickets are good again, but the one that was named');
    is($refund->($o->{id})->{json}{amount}, 1600, '... and can be given back');
}
$s->wait_until(20, sub { !@{ $s->must(GET => '/v1/refunds?status=pending')->{data} } });
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
