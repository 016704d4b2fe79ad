# Proves that cancelling an event ends its sale for good and gives back what each of its orders holds, once, by the policy that it was made under; that what is paid
# or fails later joins in, and that the counts say how far it is. By orders of every kind, at the gateway and in the books.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(webhooks => 0, pay => 4, hook => 2, api => 2, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 3500 });
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $order  = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $refund = sub { my ($id, $body, %more) = @_; $s->call(POST => "/v1/orders/$id/refunds", $body // {}, %more) };
my $back   = sub { grep { $_->{status} ne 'declined' && $_->{kind} ne 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $told   = sub { one_value($s, 'select count(*) from ops.outbox where type = ? and object_id = ?', $_[0], uuid_of($_[1])) };
my $count  = sub { my ($c) = @_; join ' ', map { "$_ $c->{$_}" } grep { $c->{$_} } qw(total waiting pending done disputed failed) };
my $progress = sub { $s->must(GET => "/v1/events/$_[0]/cancellation") };
my $ended    = sub { my ($event) = @_; $s->wait_until(40, sub { $progress->($event)->{status} eq 'done' }); return $progress->($event) };

# --- before ----------------------------------------------------------------------------------

my $shop = $s->shop(types => [ [ Floor => 5000, 100 ], [ Free => 0, 10 ] ], organizer => { payout_policy => { allow_negative => $no, reserve_bps => 1000 } });
my $key  = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'o' }, key => 'admin')->{key};
my $path = "/v1/events/$shop->{event}";
$s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'ONCE', max_redemptions => 1, return_on_refund => $yes,
    discount => { type => 'percent', percent_bps => 1000 } });
my $buy = sub { my ($cart, %more) = @_; my $got = $s->buy($shop, $cart, payment_token => 'tok_visa', %more); return $got->{json}{order} // $got->{json} };
my $who = sub { return (guest => { email => "$_[0]\@guest.example", name => $_[0] }) };

my %o = (
    known => $buy->({ Floor => 1 }, $who->('known')), again => $buy->({ Floor => 1 }, $who->('known')), large => $buy->({ Floor => 8 }, $who->('large')),
    code => $buy->({ Floor => 2 }, promo_code => 'ONCE'), free => $buy->({ Free => 2 }), part => $buy->({ Floor => 2 }), given => $buy->({ Floor => 1 }),
    held => $s->buy($shop, { Floor => 3 })->{json},
    declined => $buy->({ Floor => 1 }, payment_token => 'tok_lost_before'),
);
is($refund->($o{part}{id}, { amount => 1000 })->{status}, 201, 'one order is refunded in part');
is($refund->($o{given}{id})->{status}, 201, '... one altogether');
problem_ok($s->call(GET => "$path/cancellation"), 404, 'not_found', 'no cancellation yet');
fields_ok($s->call(POST => "$path/cancel", { reason => '', refund => 1 }), { '/reason' => 'out_of_range', '/refund' => 'unknown_field' }, 'a bad reason');
my $draft = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'D', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' });
problem_ok($s->call(POST => "/v1/events/$draft->{id}/postpone"), 409, 'state_conflict', 'postponing a draft');
is($s->must(POST => "/v1/events/$draft->{id}/cancel", undef, key => $key)->{status}, 'cancelled', 'a draft is cancelled, without a body');
is($count->($ended->($draft->{id})), '', '... which has no orders');

# --- cancelled -------------------------------------------------------------------------------

$o{lost} = $buy->({ Floor => 1 }, payment_token => 'tok_lost_after');
my $event = $s->must(POST => "$path/cancel", { reason => 'The singer is ill' }, key => $key);
is($order->($o{lost}{id})->{status}, 'processing', 'while a charge is under way');
is("$event->{status}: $event->{status_reason}", 'cancelled: The singer is ill', 'cancelled by its organizer');
my $first = $progress->($shop->{event});
is($first->{total}, eval { my $n = 0; $n += $first->{$_} for qw(waiting pending done disputed failed); $n }, 'the counts add up at once');
my $again = $s->call(POST => "$path/cancel", { reason => 'again' }, key => $key);
is_deeply($again->{json}, $event, 'cancelled again: nothing changes');
problem_ok($s->call(POST => "$path/$_"), 409, 'state_conflict', "then $_") for qw(publish pause postpone);
problem_ok($s->call(PATCH => $path, { name => 'X' }), 409, 'state_conflict', 'a change of it');
problem_ok($s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 })), 409, 'event_not_on_sale', 'a quote');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an order');
ok($s->wait_until(10, sub { $order->($o{held}{id})->{status} eq 'cancelled' }), 'what was held is let go');

my $end = $ended->($shop->{event});
is($end->{status}, 'done', 'it comes to its end');
ok($s->wait_until(30, sub { $progress->($shop->{event})->{total} == 8 && $ended->($shop->{event}) }), 'with the charge that was under way and is found');
$end = $progress->($shop->{event});
is($count->($end), 'total 8 done 8', '... all of its orders');
ok($s->wait_until(20, sub { $order->($o{declined}{id})->{status} eq 'cancelled' }), '... but the one that was not charged, which is let go');
for my $name (qw(known again large code free part given lost)) {
    my $now = $order->($o{$name}{id});
    my $a   = $now->{amounts};
    is("$now->{status} $a->{refunded}", 'refunded ' . ($a->{net} + $a->{tax}), "$name: refunded, but for the fee that its policy keeps");
    is(join(' ', map { $_->{status} } @{ $now->{tickets} }), join(' ', ('refunded') x @{ $now->{tickets} }), '... its tickets with it');
    is(scalar($back->($o{$name}{id})), $name eq 'free' ? 0 : $name eq 'part' ? 2 : 1, '... and at the gateway');
    is($told->('order.refunded', $o{$name}{id}), 1, '... told once');
}
my $sum = 0;
$sum += $order->($_)->{amounts}{refunded} for map { $_->{id} } @o{qw(known again large code free part lost)};
is($end->{amount}, $sum - 1000, 'the amount is that of its own refunds');
is($told->('event.cancelled', $shop->{event}), 1, 'that it is cancelled is told once');
is(one_value($s, 'select count(*) from app.promo_uses where returned_at is not null'), 1, 'the code\'s use is given back');
my ($b) = @{ $s->must(GET => "/v1/balance?organizer=$shop->{organizer}", undef, key => 'admin')->{balances} };
is("$b->{pending} $b->{reserved} $b->{available}", '0 0 0', 'its organizer has nothing of it');

# The order of risk: who was here before comes later, what cost nothing last.
my $risks = $s->dbh->selectall_hashref('select order_id, risk from app.batch_orders', 'order_id');
my $risk  = sub { $risks->{ uuid_of($o{ $_[0] }{id}) }{risk} };
ok($risk->('large') > $risk->('known') && $risk->('known') > $risk->('again') && $risk->('again') > $risk->('free') && $risk->('free') == 0, 'by risk') or
    diag(join ' ', map { "$_ " . $risk->($_) } qw(large known again free));

# --- fees back, an organizer without balance, a guest at the same time -------------------------------

my $kind = $s->shop(organizer => { gateway => 'stripe', refund_policy => { refund_fees => $yes, until_hours_before_event => 87600 },
    payout_policy => { allow_negative => $no, hold_days_after_event => 0, reserve_bps => 0 } });
my @ours = map { $s->buy($kind, { Floor => 1 }, payment_token => 'pm_card_visa')->{json} } 1 .. 12;
my @token = map { $s->must(POST => '/v1/access_tokens', { order => $_->{id} })->{token} } @ours;
problem_ok($refund->($ours[0]{id}, {}, key => $token[0]), 409, 'refund_window_closed', 'a guest whose time to ask is over');
my @got = $s->parallel(13, sub {
    my ($i) = @_;
    return $s->call(POST => "/v1/events/$kind->{event}/cancel", {}) if $i == 12;
    for (1 .. 50) { last if $s->call(GET => "/v1/events/$kind->{event}/cancellation")->{status} == 200; select undef, undef, undef, 0.02 }
    return $refund->($ours[$i]{id}, {}, key => $token[$i]);
});
is(scalar(grep { $_->{status} !~ /^20[01]$/ && ($_->{json}{code} // '') ne 'nothing_left' } @got), 0,
    'guests ask while their orders are refunded: theirs, or nothing is left');
is($count->($ended->($kind->{event})), 'total 12 done 12', '... all are done');
$s->wait_until(20, sub { !one_value($s, q{select count(*) from app.refunds where status = 'pending'}) });
is(scalar(grep { my $now = $order->($_->{id}); $now->{amounts}{refunded} != $now->{amounts}{total} || $back->($_->{id}) != 1 } @ours), 0, '... once each, fees with it');

# --- after its end -------------------------------------------------------------------------------------

my $late = $s->shop(organizer => { payout_policy => { allow_negative => $no, hold_days_after_event => 0, reserve_bps => 0 } });
my $sold = $s->buy($late, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my $seller = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $late->{organizer}, name => 'o' }, key => 'admin')->{key};
$s->advance_clock(86400 * 40);
my $available = sub { $s->must(GET => "/v1/balance?organizer=$late->{organizer}", undef, key => 'admin')->{balances}[0]{available} };
is($available->(), 10000, 'an event is over, and its money available');
problem_ok($s->call(POST => "/v1/events/$late->{event}/$_", {}, key => $seller), 409, 'state_conflict', "its organizer may not $_ it then") for qw(cancel postpone);
is($s->must(POST => "/v1/events/$late->{event}/cancel", {})->{status}, 'cancelled', 'the platform may');
is($count->($ended->($late->{event})), 'total 1 done 1', '... and its order is refunded');
is($available->(), 0, '... by what was available');

$s->books_ok;
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
