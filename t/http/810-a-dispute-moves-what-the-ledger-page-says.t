# Proves that a dispute takes what ledger.md's recipes 7 to 9 say when it opens, gives it back when it is won, keeps it when it is lost, and undoes that when
# it is won on appeal; whole and in part, with the fee passed on; at both gateways. On recipe 1's order, by its figures.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $order   = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $entries = sub { $s->must(GET => "/v1/ledger/entries?order=$_[0]&limit=100", undef, key => 'admin')->{data} };
my $books   = sub { my %sum; for my $e (@{ $entries->($_[0]) }) { $sum{ $_->{account} } += $_->{amount} for @{ $e->{postings} } }
    return { map { $_ => $sum{$_} } grep { $sum{$_} } keys %sum } };
my $entry   = sub { my ($id, $kind) = @_; my ($e) = grep { $_->{kind} eq $kind } @{ $entries->($id) };
    return $e && { map { $_->{account} => $_->{amount} } @{ $e->{postings} } } };
my $sale    = sub { (grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} })[0]{id} };
my $open    = sub { my ($id, %more) = @_; my $d = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->($id), reason => 'fraudulent', %more });
    return $d->{json}{id} // die "no dispute: $d->{body}\n" };
my $resolve = sub { my ($there, $outcome) = @_; my $r = $s->sandbox(POST => "/sandbox/disputes/$there/resolve", { outcome => $outcome });
    $r->{status} == 200 or die $r->{body} };
my $listed  = sub { @{ $s->must(GET => "/v1/disputes?order=$_[0]", undef, key => 'admin')->{data} } };
my $is_now  = sub { my ($id, @want) = @_; my $got = sub { join ' ', sort map { $_->{status} } $listed->($id) };
    $s->wait_until(20, sub { $got->() eq "@want" }); return is($got->(), "@want", "... it is @want") };
my $count   = sub { one_value($s, 'select count(*) from ops.outbox where type = ?', $_[0]) };

for my $gateway (qw(nmi stripe)) {
    my $token = $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa';
    my $shop  = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $no } });
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'TEN', discount => { type => 'percent', percent_bps => 1000 } });
    my $buy = sub { $s->buy($shop, { Floor => 2 }, promo_code => 'TEN', payment_token => $token)->{json}{id} };
    my $opened = { dispute_receivable => 10270, dispute_fees => 1500, gateway_clearing => -11770, organizer_dispute_hold => -9000,
        organizer_reserve => 900, organizer_pending => 8100 };
    my $lost = { refunds => 10000, promo_discounts => -1000, fee_revenue => 550, tax_payable => 720, dispute_receivable => -10270,
        organizer_dispute_hold => 9000, organizer_share => -9000 };

    my $one   = $buy->();
    my $sold  = $books->($one);
    my $there = $open->($one);
    $is_now->($one, 'needs_response');
    is_deeply($entry->($one, 'dispute_opened'), $opened, "$gateway: opened, all of an order");
    my ($d) = $listed->($one);
    is("$d->{amount} $d->{fee} $d->{reason}", '10270 1500 fraudulent', '... is shown');
    is_deeply($d->{parts}, { list => 10000, discount => 1000, net => 9000, guest_fee => 550, tax => 720, over => 0 }, '... with its parts');
    is_deeply($d->{from}{organizer}, { reserve => 900, pending => 8100, available => 0 }, '... and from where it came');
    is_deeply($s->must(GET => "/v1/disputes/$d->{id}", undef, key => 'admin'), $d, '... by itself too');
    my $o = $order->($one);
    is("$o->{status} $o->{amounts}{disputed}", 'paid 10270', '... and on its order');
    my ($b) = @{ $s->must(GET => "/v1/balance?organizer=$shop->{organizer}", undef, key => 'admin')->{balances} };
    is("$b->{pending} $b->{reserved} $b->{available} $b->{disputed}", '0 0 0 9000', '... the organizer has nothing of it');
    problem_ok($s->call(POST => "/v1/orders/$one/refunds", {}), 409, 'order_disputed', 'a refund of what is disputed');
    problem_ok($s->call(POST => "/v1/orders/$one/refunds", { amount => 100 }), 409, 'order_disputed', '... of an amount of it');
    problem_ok($s->call(POST => "/v1/orders/$one/refunds", { amount => 10271 }), 409, 'refund_exceeds_refundable', '... of more than there ever was');
    $resolve->($there, 'won');
    $is_now->($one, 'won');
    is_deeply($entry->($one, 'dispute_won'), { gateway_clearing => 10270, dispute_receivable => -10270, organizer_dispute_hold => 9000,
        organizer_reserve => -900, organizer_pending => -8100 }, '... won: all is where it was');
    is_deeply($books->($one), { %$sold, gateway_clearing => 10270 - 1500, dispute_fees => 1500 }, '... but for the fee, which the platform bears');
    is($order->($one)->{amounts}{disputed}, 0, '... and the order shows nothing');
    is($s->call(POST => "/v1/orders/$one/refunds", { amount => 100 })->{status}, 201, '... and can be refunded');

    my $two = $buy->();
    $there = $open->($two);
    $resolve->($there, 'lost');
    $is_now->($two, 'lost');
    is_deeply($entry->($two, 'dispute_lost'), $lost, "$gateway: lost");
    is_deeply($entry->($two, 'dispute_fee_passed'), { organizer_available => 1500, dispute_fee_revenue => -1500 }, '... and its fee passed on');
    is_deeply($books->($two), { ticket_revenue => -10000, refunds => 10000, gateway_clearing => -1500, dispute_fees => 1500,
        dispute_fee_revenue => -1500, organizer_available => 1500 }, '... the order is closed');
    problem_ok($s->call(POST => "/v1/orders/$two/refunds", {}), 409, 'nothing_left', '... nothing is left to refund');
    is($order->($two)->{status}, 'paid', '... and its status stays');
    $resolve->($there, 'won');
    $is_now->($two, 'won');
    is_deeply($entry->($two, 'dispute_reversed'), { map { $_ => -$lost->{$_} } keys %$lost }, '... won on appeal: the loss is undone');
    is_deeply($entry->($two, 'dispute_fee_returned'), { organizer_available => -1500, dispute_fee_revenue => 1500 }, '... the fee returned');
    is_deeply($books->($two), { %$sold, gateway_clearing => 10270 - 1500, dispute_fees => 1500 }, '... and all is as if won at once');

    # In part, twice, and a refund between: 60.00 of 102.70, then 50.00 of the 42.70 that are left, 7.30 of it beyond.
    my $three = $buy->();
    my $first = $open->($three, amount => 6000);
    $is_now->($three, 'needs_response');
    my ($partly) = $listed->($three);
    is($partly->{parts}{net} + $partly->{parts}{guest_fee} + $partly->{parts}{tax}, 6000, "$gateway: in part");
    is_deeply($partly->{from}{organizer}, { reserve => 900, pending => $partly->{parts}{net} - 900, available => 0 }, '... the reserve gives first');
    my $r = $s->call(POST => "/v1/orders/$three/refunds", { amount => 1000 });
    is($r->{status}, 201, '... what is left can be refunded in part');
    problem_ok($s->call(POST => "/v1/orders/$three/refunds", { amount => 4000 }), 409, 'order_disputed', '... and not more');
    $s->wait_until(20, sub { $s->must(GET => "/v1/refunds/$r->{json}{id}")->{status} eq 'succeeded' });
    my $second = $open->($three, amount => 4270);
    $is_now->($three, 'needs_response', 'needs_response');
    my ($over) = grep { $_->{amount} == 4270 } $listed->($three);
    is($over->{parts}{over}, 1000, '... a second takes what was refunded once more: that is over');
    is(one_value($s, q{select amount from app.discrepancies where kind = 'over_captured' and object_id = ?}, uuid_of($over->{id})), 1000, '... told as a discrepancy');
    $resolve->($second, 'lost');
    $is_now->($three, 'lost', 'needs_response');
    is($books->($three)->{dispute_losses}, 1000, '... lost: it is the platform\'s loss');
    $resolve->($first, 'won');
    $is_now->($three, 'lost', 'won');
    my $covered = $entry->($three, 'over_covered');
    is($covered->{dispute_losses}, -1000, '... until the first is won, and pays it');
    is($books->($three)->{dispute_losses} // 0, 0, '... nothing is lost');
    is($books->($three)->{organizer_dispute_hold} // 0, 0, '... nothing on hold');
    my $closing = $s->call(POST => "/v1/orders/$three/refunds", {});
    is($closing->{status}, 201, '... what came back and is left is refunded');
    $s->wait_until(20, sub { !@{ $s->must(GET => "/v1/refunds?status=pending&order=$three")->{data} } });
    my $end = $books->($three);
    is($end->{ticket_revenue} + $end->{refunds}, 0, '... then the order is closed');
    is(join(' ', grep { $end->{$_} } qw(promo_discounts organizer_share organizer_pending organizer_reserve organizer_dispute_hold refunds_in_transit)), '',
        '... to the last');

    # Of an order whose fees were kept only they are held: what comes back of them joins an open dispute, and freezes no share.
    my $four = $buy->();
    $s->must(POST => "/v1/orders/$four/refunds", {});
    $s->wait_until(20, sub { !@{ $s->must(GET => "/v1/refunds?status=pending&order=$four")->{data} } });
    my $fees = $open->($four, amount => 100, fee => 0);
    $is_now->($four, 'needs_response');
    is($entry->($four, 'dispute_opened')->{dispute_fees}, undef, "$gateway: one for which the gateway takes nothing");
    $open->($four, amount => 1000, fee => 0);
    $is_now->($four, 'needs_response', 'needs_response');
    $resolve->($fees, 'won');
    $is_now->($four, 'needs_response', 'won');
    my ($joined) = grep { $_->{amount} == 1000 } $listed->($four);
    is("$joined->{parts}{guest_fee} $joined->{parts}{over}", '550 450', '... kept fees that come back join the other');
    is($entry->($four, 'over_covered'), undef, '... without an entry: no account changes');
}
# A ticket that cost nothing is nobody's to dispute.
my $mixed = $s->shop(types => [ [ Floor => 5000, 100 ], [ Gift => 0, 100 ] ], organizer => { gateway => 'nmi' });
for my $outcome ('', 'lost') {
    my $got = $s->buy($mixed, { Floor => 1, Gift => 1 }, payment_token => 'tok_visa')->{json};
    my ($floor, $gift) = map { my $type = $mixed->{types}{$_}; (grep { $_->{ticket_type} eq $type } @{ $got->{tickets} })[0]{id} } qw(Floor Gift);
    my $it = $open->($got->{id}, fee => 0);
    $is_now->($got->{id}, 'needs_response');
    if ($outcome) { $resolve->($it, $outcome); $is_now->($got->{id}, $outcome) }
    problem_ok($s->call(POST => "/v1/orders/$got->{id}/refunds", { tickets => [$floor] }), 409, $outcome ? 'nothing_left' : 'order_disputed',
        'a ticket that is disputed');
    my $free = $s->call(POST => "/v1/orders/$got->{id}/refunds", { tickets => [$gift] });
    is("$free->{status} $free->{json}{amount} $free->{json}{status}", '201 0 succeeded', '... and one that cost nothing is given back') or diag($free->{body});
}
is($count->('dispute.opened') . ' ' . $count->('dispute.won') . ' ' . $count->('dispute.lost'), '14 8 5', 'each opening and outcome is told once');
problem_ok($s->call(GET => '/v1/disputes', undef), 403, 'forbidden', 'the platform\'s key does not read disputes');
$s->books_ok;
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
