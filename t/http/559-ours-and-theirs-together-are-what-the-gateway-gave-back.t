# Proves that refunds of ours and refunds made at the gateway, asked for all at once, end with the books and the gateway agreeing to the cent: ours never give more
# than was captured, theirs are booked in full; and that of a charge which no order took only what is left goes back. At both gateways.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 4, sandbox_sync => 0,
    env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 3500, BOXOFFICE_SWEEP_SECONDS => 2 });
my $order = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $sale  = sub { (grep { $_->{kind} eq 'sale' } $there->($_[0]))[0] };
my $given = sub { my $sum = 0; $sum += $_->{amount} for grep { $_->{kind} eq 'refund' && $_->{status} eq 'approved' } $there->($_[0]); return $sum };
my $byhand = sub { my ($transaction, $amount) = @_; return $s->sandbox(POST => '/sandbox/refunds', { transaction => $transaction, amount => $amount })->{status} };
my $quiet = sub { $s->wait_until($_[0] // 60, sub { !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending}
    && !one_value($s, q{select (select count(*) from app.webhook_events where state = 'received') + (select count(*) from ops.jobs
        where kind in ('refund_trace', 'refund_external', 'refund_send', 'payment_lookup', 'capture_return', 'dispute_place', 'dispute_look'))}) }) };
my $sum = sub { one_value($s, q{select coalesce(sum(amounts[array_position(accounts, ?)]), 0) from ledger.entries where order_id = ?}, $_[1], uuid_of($_[0])) };

for my $gateway (qw(nmi stripe)) {
    my $token = $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa';
    my $shop  = $s->shop(organizer => { gateway => $gateway, refund_policy => { refund_fees => JSON::PP::true } });

    # A hundred of ours and twenty of theirs against one order that has room for half of them.
    my $o     = $s->buy($shop, { Floor => 2 }, payment_token => $token)->{json};
    my $total = $o->{amounts}{total};
    my $sold  = $sale->($o->{id})->{id};
    my @got   = $s->parallel(120, sub { my ($n) = @_; return 'there ' . $byhand->($sold, 190) if $n % 6 == 0;
        my $r = $s->call(POST => "/v1/orders/$o->{id}/refunds", { amount => 190 }); return 'ours ' . ($r->{json}{code} // $r->{status}) });
    my %n;
    $n{$_}++ for @got;
    diag("$gateway: " . join ', ', map { "$n{$_} $_" } sort keys %n);
    cmp_ok($n{'ours 201'} * 190, '<=', $total, "$gateway: ours are accepted up to what was captured");
    is(join(' ', grep { !/^(?:ours 201|ours refund_exceeds_refundable|ours nothing_left|there 200|there 409)$/ } sort keys %n), '', '... and refused with their reason');
    ok($quiet->(), '... all come to an end');
    is($order->($o->{id})->{amounts}{refunded}, $given->($o->{id}), '... the order says what the gateway gave back');
    is($sum->($o->{id}, 'gateway_clearing'), $total - $given->($o->{id}), '... and so do the books');
    is($sum->($o->{id}, 'refunds_in_transit'), 0, '... nothing is promised any more');
    my $last = $s->call(POST => "/v1/orders/$o->{id}/refunds", {});
    $quiet->();
    is(join(' ', $order->($o->{id})->{status}, $sum->($o->{id}, 'dispute_losses'), $given->($o->{id})), "refunded 0 $total", '... and the rest closes it');

    # The same with a dispute in the midst, of more than half of it: what it takes beyond what is left is booked, and told.
    my $contested = $s->buy($shop, { Floor => 2 }, payment_token => $token)->{json}{id};
    my $charge = $sale->($contested)->{id};
    my @all = $s->parallel(101, sub { my ($n) = @_; return 'there ' . $byhand->($charge, 190) if $n % 6 == 0;
        return 'dispute ' . $s->sandbox(POST => '/sandbox/disputes', { transaction => $charge, amount => 6000, reason => 'fraudulent' })->{status} if $n == 55;
        my $r = $s->call(POST => "/v1/orders/$contested/refunds", { amount => 190 }); return 'ours ' . ($r->{json}{code} // $r->{status}) });
    my %m;
    $m{$_}++ for @all;
    diag("$gateway: " . join ', ', map { "$m{$_} $_" } sort keys %m);
    is(join(' ', grep { !/^(?:ours (?:201|refund_exceeds_refundable|nothing_left|order_disputed)|there (?:200|409)|dispute 200)$/ } sort keys %m), '',
        "$gateway: a dispute among them");
    $s->wait_until(30, sub { $order->($contested)->{amounts}{disputed} == 6000 });
    ok($quiet->(), '... all come to an end');
    my ($ours, $over, $overs, $told) = $s->dbh->selectrow_array(q{select
        (select coalesce(sum(amount), 0) from app.refunds where order_id = o.id and status <> 'failed' and not external),
        (select sum(over - covered) from app.disputes where order_id = o.id),
        (select count(*) from (select id from app.disputes where order_id = o.id and over > 0 union all select id from app.refunds where order_id = o.id and over > 0) x),
        (select count(*) from app.discrepancies where order_id = o.id and kind = 'over_captured') from app.orders o where o.id = ?}, undef, uuid_of($contested));
    cmp_ok($ours + 6000 - $over, '<=', $total, '... ours and the dispute are within what was captured');
    is($told, $overs, '... what exceeds it is told, object by object');
    is($sum->($contested, 'gateway_clearing'), $total - $given->($contested) - 6000 - 1500, '... books and gateway agree');
    is($order->($contested)->{amounts}{refunded}, $given->($contested), '... and so does the order');

    # Charged twice, and some of the second charge, which no order takes, goes back by hand before we know of it.
    $s->stop('jobs');
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'double', count => 1 });
    my $taken = $s->buy($shop, { Floor => 1 }, payment_token => $token)->{json};
    my ($first, $second) = map { $_->{id} } grep { $_->{kind} eq 'sale' } $there->($taken->{id});
    is($byhand->($second, 1000), 200, "$gateway: charged twice, some of the second goes back by hand");
    $s->start('jobs');
    my $price = $taken->{amounts}{total};
    ok($s->wait_until(40, sub { $given->($taken->{id}) == $price }), '... we give back the rest of it');
    ok($quiet->(), '... and all comes to an end');
    is(join(' ', map { "$_->[0] $_->[1]" } @{ $s->dbh->selectall_arrayref(q{select amount, external from app.payments
        where order_id = ? and kind = 'refund' and state = 'succeeded' order by amount}, undef, uuid_of($taken->{id})) }), '1000 1 ' . ($price - 1000) . ' 0',
        '... one by hand, one of ours');
    is($sum->($taken->{id}, 'gateway_clearing') . ' ' . $sum->($taken->{id}, 'refunds_in_transit'), "$price 0", '... as the books say');
    my $paid = $order->($taken->{id});
    is("$paid->{status} $paid->{amounts}{refunded}", 'paid 0', '... and the order has nothing to do with it');
}
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
$s->books_ok;
done_testing;
