# Proves that a dispute told five times, out of order, or with its outcome first ends in the books that its steps in order make; that refunds racing with it take
# no more than there is; and what a dispute of a refunded order, of a charge that no order took, and a refund that fails beside it come to. At both gateways.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 4, api => 8, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 3600 });
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $entries = sub { $s->must(GET => "/v1/ledger/entries?order=$_[0]&limit=100", undef, key => 'admin')->{data} };
my $books   = sub { my %sum; for my $e (@{ $entries->($_[0]) }) { $sum{ $_->{account} } += $_->{amount} for @{ $e->{postings} } }
    return { map { $_ => $sum{$_} } grep { $sum{$_} } keys %sum } };
my $entry   = sub { my ($id, $kind) = @_; my ($e) = grep { $_->{kind} eq $kind } @{ $entries->($id) };
    return $e && { map { $_->{account} => $_->{amount} } @{ $e->{postings} } } };
my $effects = sub { join ' ', sort map { $_->{kind} } @{ $entries->($_[0]) } };
my $there   = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $sale    = sub { (grep { $_->{kind} eq 'sale' } $there->($_[0]))[0]{id} };
my $open    = sub { my ($id, %more) = @_; my $d = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->($id), reason => 'fraudulent', %more });
    return $d->{json}{id} // die "no dispute: $d->{body}\n" };
my $resolve = sub { my ($dispute, $outcome, %more) = @_; my $r = $s->sandbox(POST => "/sandbox/disputes/$dispute/resolve", { outcome => $outcome, %more });
    $r->{status} == 200 or die $r->{body} };
my $status  = sub { join ' ', sort map { $_->{status} } @{ $s->must(GET => "/v1/disputes?order=$_[0]", undef, key => 'admin')->{data} } };
my $becomes = sub { my ($id, $want, $name) = @_; $s->wait_until(20, sub { $status->($id) eq $want }); return is($status->($id), $want, $name) };
my $replay  = sub { $s->sandbox(POST => '/sandbox/webhooks/replay', { count => $_[0], shuffle => $yes });
    $s->wait_until(30, sub { !one_value($s, q{select (select count(*) from app.webhook_events where state = 'received')
        + (select count(*) from ops.jobs where kind = 'dispute_place')}) }) };
my $refund  = sub { my ($id, %body) = @_; return $s->call(POST => "/v1/orders/$id/refunds", \%body) };
my $refunds_end = sub { my ($id) = @_; $s->wait_until(30, sub { !@{ $s->must(GET => "/v1/refunds?status=pending&order=$id")->{data} } }) };

for my $gateway (qw(nmi stripe)) {
    my ($token, $double) = $gateway eq 'nmi' ? qw(tok_visa tok_double) : qw(pm_card_visa tok_double);
    my $shop = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $yes } });
    my $buy  = sub { $s->buy($shop, { Floor => 2 }, payment_token => $_[0] // $token)->{json}{id} };

    # --- the same books ------------------------------------------------------------
    my %order = map { $_ => $buy->() } qw(lost won reversed);
    my %last  = (lost => 'lost', won => 'won', reversed => 'won');
    my %step  = (lost => ['lost'], won => ['won'], reversed => [qw(lost won)]);
    my %want;
    for my $end (sort keys %order) {
        my $d = $open->($order{$end});
        $becomes->($order{$end}, 'needs_response', "$gateway: opened");
        for (@{ $step{$end} }) { $resolve->($d, $_); $becomes->($order{$end}, $_, "... then $_") }
        $want{$end} = $books->($order{$end});
    }
    my %before = map { $_ => $effects->($_) } values %order;
    $replay->(5);
    is_deeply({ map { $_ => $effects->($_) } values %order }, \%before, '... and told five times more in any order: nothing more');
    is($status->($order{$_}), $last{$_}, "... $_ stays so") for sort keys %order;

    # Its first word is the outcome; what came before it comes later, five times.
    for my $end (sort keys %order) {
        my $id = $buy->();
        my $d  = $open->($id, webhook => $no);
        my @steps = @{ $step{$end} };
        $resolve->($d, $steps[$_], webhook => $_ == $#steps ? $yes : $no) for 0 .. $#steps;
        $becomes->($id, $last{$end}, "$gateway: $end is told first");
        is_deeply($books->($id), $want{$end}, '... and is booked as if in order');
        $replay->(2);
        is($status->($id), $last{$end}, '... what comes late changes nothing');
        is_deeply($books->($id), $want{$end}, '... in the books either');
    }

    # --- refunds at the same moment ---------------------------------------------------
    my $raced = $buy->();
    $s->sandbox(POST => '/sandbox/settle', {});    # NMI would void
    my @got = $s->parallel(16, sub { $_[0] == 8 ? do { $open->($raced, amount => 5000); 'dispute' } : $refund->($raced, amount => 1000)->{status} });
    my $made = grep { $_ eq '201' } @got;
    $becomes->($raced, 'needs_response', "$gateway: a dispute among refunds");
    $refunds_end->($raced);
    my ($raced_dispute) = @{ $s->must(GET => "/v1/disputes?order=$raced", undef, key => 'admin')->{data} };
    my $amounts = $s->must(GET => "/v1/orders/$raced")->{amounts};
    cmp_ok($amounts->{refunded} + $amounts->{disputed} - $raced_dispute->{parts}{over}, '<=', $amounts->{total}, "... $made refunds made: no more than there is")
        or diag("refunded $amounts->{refunded}, disputed $amounts->{disputed}, over $raced_dispute->{parts}{over}");
    is($amounts->{disputed}, 5000, '... and the dispute booked in full');

    # --- after everything went back ------------------------------------------------------
    my $gone = $buy->();
    $s->sandbox(POST => '/sandbox/settle', {});
    $refund->($gone);
    $refunds_end->($gone);
    my $beyond = $open->($gone);
    $becomes->($gone, 'needs_response', "$gateway: a dispute of an order that is refunded");
    is_deeply($entry->($gone, 'dispute_opened'), { dispute_receivable => 11400, dispute_fees => 1500, gateway_clearing => -12900 }, '... takes nothing of the organizer');
    $resolve->($beyond, 'lost');
    $becomes->($gone, 'lost', '... lost');
    is_deeply($entry->($gone, 'dispute_lost'), { dispute_losses => 11400, dispute_receivable => -11400 }, '... is the platform\'s loss');

    # --- a charge that no order took ---------------------------------------------------------
    my $twice = $buy->($double);
    $s->wait_until(20, sub { $effects->($twice) eq 'refund_settled sale unplaced_capture' });
    my ($second) = grep { $_->{kind} eq 'sale' && $_->{status} ne 'voided' && $_->{id} ne one_value($s, q{
        select gateway_transaction from app.payments where order_id = ? and state = 'succeeded' and kind = 'charge'}, uuid_of($twice)) } $there->($twice);
    SKIP: {
        skip 'NMI voids what was charged twice', 4 if !$second;
        my $of_none = $s->sandbox(POST => '/sandbox/disputes', { transaction => $second->{id}, reason => 'duplicate' })->{json}{id};
        ok($s->wait_until(20, sub { $effects->($twice) =~ /dispute_opened/ }), "$gateway: a dispute of a charge that no order took");
        my ($shown) = grep { $_->{gateway_dispute} eq $of_none } @{ $s->must(GET => '/v1/disputes', undef, key => 'admin')->{data} };
        is($shown->{order} // 'none', 'none', '... is of no order');
        is_deeply($entry->($twice, 'dispute_opened'), { dispute_receivable => 11400, dispute_fees => 1500, gateway_clearing => -12900 }, '... takes nothing of it');
        $resolve->($of_none, 'lost');
        ok($s->wait_until(20, sub { ($entry->($twice, 'dispute_lost') // {})->{dispute_losses} // 0 == 11400 }), '... and is a loss, for its money had gone back');
    }
}

# --- a refund that fails beside a dispute ------------------------------------------------------

{
    my $shop = $s->shop(organizer => { gateway => 'stripe', payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $yes } });
    my $id   = $s->buy($shop, { Floor => 2 }, payment_token => 'pm_card_visa')->{json}{id};
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 3000 });
    $refund->($id);
    my $d = $open->($id);
    $becomes->($id, 'needs_response', 'a dispute of what a refund has promised');
    is($entry->($id, 'dispute_opened')->{organizer_dispute_hold}, undef, '... holds nothing');
    ok($s->wait_until(30, sub { $effects->($id) =~ /over_covered/ }), '... until the refund fails');
    is_deeply($entry->($id, 'over_covered'), { organizer_dispute_hold => -10000, organizer_reserve => 1000, organizer_pending => 9000 },
        '... and what comes back is held for it');
    my ($shown) = @{ $s->must(GET => "/v1/disputes?order=$id", undef, key => 'admin')->{data} };
    is("$shown->{parts}{over} $shown->{parts}{net} $shown->{from}{organizer}{reserve}", '0 10000 1000', '... as its parts say');
    $resolve->($d, 'lost');
    $becomes->($id, 'lost', '... lost');
    my $end = $books->($id);
    is_deeply({ map { $_ => $end->{$_} } grep { !/gateway_clearing|dispute_fee/ } keys %$end },
        { ticket_revenue => -10000, refunds => 10000, organizer_available => 1500 }, '... the order is closed, and nothing is the platform\'s loss');
}
# --- a refund made at the gateway's beside a dispute -----------------------------------------------

for my $fees ($yes, $no) {
    my $shop = $s->shop(organizer => { payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $fees } });
    my $id   = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json}{id};
    $s->sandbox(POST => '/sandbox/settle', {});
    my $d = $open->($id, amount => 8000);
    $becomes->($id, 'needs_response', 'a part is disputed' . ($fees ? '' : ', and fees are kept'));
    $s->sandbox(POST => '/sandbox/refunds', { transaction => $sale->($id), amount => 6000 });
    ok($s->wait_until(20, sub { $effects->($id) =~ /refund_settled/ }), '... and more than the rest given back in the gateway\'s dashboard');
    is($books->($id)->{dispute_losses}, 2600, '... of which 26.00 are nobody\'s');
    $resolve->($d, 'won');
    $becomes->($id, 'won', '... until the dispute is won');
    is($entry->($id, 'over_covered')->{dispute_losses}, -2600, '... and pays them');
    is($books->($id)->{dispute_losses}, undef, '... nothing is lost');
    is($refund->($id)->{status}, 201, '... what is left is refunded');
    $refunds_end->($id);
    is($s->must(GET => "/v1/orders/$id")->{status}, 'refunded', '... all of it');
    my $end = $books->($id);
    is(($end->{ticket_revenue} // 0) + ($end->{refunds} // 0), 0, '... then the order is closed');
    is(join(' ', grep { $end->{$_} } qw(promo_discounts organizer_share organizer_pending organizer_reserve organizer_dispute_hold refunds_in_transit)), '',
        '... to the last');
}
settled($s, 20);
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
