# Proves that of a cancelled event what is disputed is not refunded beside the dispute, the rest of its order is, and that the batch looks at it again when the dispute
# ends; and that orders of guests and cards with disputes come first. By disputes of the sandbox, at both gateways.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $order = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $open  = sub { my ($id, %more) = @_; my ($sale) = grep { $_->{kind} eq 'sale' } $there->($id);
    my $d = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent', %more });
    $s->wait_until(20, sub { $order->($id)->{amounts}{disputed} }) or die "not opened\n"; return $d->{json}{id} };
my $resolve = sub { $s->sandbox(POST => "/sandbox/disputes/$_[0]/resolve", { outcome => $_[1] })->{status} == 200 or die "$_[0]\n" };
my $count   = sub { my ($c) = @_; join ' ', map { "$_ $c->{$_}" } grep { $c->{$_} } qw(status total waiting pending done disputed failed amount) };

for my $gateway (qw(nmi stripe)) {
    my $shop = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $yes } });
    my $buy  = sub { my ($name, $n) = @_; $s->buy($shop, { Floor => $n }, payment_token => $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa',
        guest => { email => "$name\@guest.example", name => $name })->{json}{id} };
    my $progress = sub { $s->must(GET => "/v1/events/$shop->{event}/cancellation") };
    my $becomes  = sub { my ($want, $name) = @_; $s->wait_until(25, sub { $count->($progress->()) eq $want }); is($count->($progress->()), $want, $name) };
    my $gives    = sub { my $n = 0; $n += $_->{amount} for grep { $_->{kind} eq 'refund' && $_->{status} ne 'declined' } $there->($_[0]); return $n };
    my %o = map { $_ => $buy->($_, 2) } qw(whole part lost plain);
    $o{seen} = $buy->('whole', 2);
    my %d = (whole => $open->($o{whole}), part => $open->($o{part}, amount => 3000), lost => $open->($o{lost}));
    my $all = $order->($o{plain})->{amounts}{total};

    $s->must(POST => "/v1/events/$shop->{event}/cancel");
    $becomes->('status done total 5 done 2 disputed 3 amount ' . (3 * $all - 3000), "$gateway: what is not disputed is given back");
    is_deeply([ map { $order->($o{$_})->{amounts}{refunded} } qw(whole part lost plain seen) ], [ 0, $all - 3000, 0, $all, $all ], '... to each');
    my %risk = map { $_->[0] => $_->[1] } @{ $s->dbh->selectall_arrayref('select order_id, risk from app.batch_orders') };
    # Only Stripe tells cards apart: there all are one card's, which has three disputes.
    cmp_ok($risk{ uuid_of($o{seen}) }, '>', $risk{ uuid_of($o{plain}) }, '... first to whom has disputed before, though not a stranger') if $gateway eq 'nmi';
    cmp_ok($risk{ uuid_of($o{plain}) }, '>=', 1200, '... first to whose card was disputed') if $gateway eq 'stripe';

    $resolve->($d{lost}, 'lost');
    $becomes->('status done total 5 done 3 disputed 2 amount ' . (3 * $all - 3000), '... one is lost: its guest has the money');
    $resolve->($d{part}, 'won');
    $becomes->('status done total 5 done 4 disputed 1 amount ' . 3 * $all, '... a part is won: the rest goes back, by a second refund');
    my $part = $order->($o{part});
    is("$part->{status} $part->{amounts}{refunded} $part->{amounts}{disputed}", "refunded $all 0", '... of an order that is refunded then');
    $resolve->($d{whole}, 'won');
    $becomes->('status done total 5 done 5 amount ' . 4 * $all, '... one is won: all of it goes back');
    is_deeply([ map { $gives->($o{$_}) } qw(whole part lost plain seen) ], [ $all, $all, 0, $all, $all ], '... at the gateway, each once') if $gateway eq 'stripe';
    problem_ok($s->call(POST => "/v1/orders/$o{$_}/refunds", {}), 409, 'nothing_left', "... nothing is left of the one that was disputed: $_") for qw(whole part lost);
    is_deeply([ sort map { $_->{status} } @{ $s->must(GET => "/v1/refunds?order=$o{part}")->{data} } ], [qw(succeeded succeeded)], '... by two refunds');
}

# --- the batch's own refund fails when its order has been looked at again ------------------------

my $shop = $s->shop(organizer => { gateway => 'stripe', refund_policy => { refund_fees => $yes } });
my $id   = $s->buy($shop, { Floor => 2 }, payment_token => 'pm_card_visa')->{json}{id};
my $d    = $open->($id, amount => 3000);
my $batch   = sub { $s->must(GET => "/v1/events/$shop->{event}/cancellation") };
my $becomes = sub { my ($want, $name) = @_; $s->wait_until(30, sub { $count->($batch->()) eq $want }); is($count->($batch->()), $want, $name) };
my $rest    = $order->($id)->{amounts}{total} - 3000;
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 6000 });
$s->must(POST => "/v1/events/$shop->{event}/cancel");
ok($s->wait_until(10, sub { $order->($id)->{amounts}{refunded} == $rest }), 'what is not disputed is refunded');
$resolve->($d, 'lost');
$becomes->('status done total 1 failed 1', '... the dispute is lost, then Stripe takes the refund back: it has failed');
like($s->boxoffice('refunds', 'batch', 'show', $shop->{event})->{out}, qr/^\Q$id\E +ref_\w+ the gateway refused it$/m, '... and is listed');
is($s->boxoffice('refunds', 'batch', 'resume', $shop->{event})->{out}, "1 orders that had failed are tried again\n", '... and tried again by an operator');
$becomes->("status done total 1 done 1 amount $rest", '... who has it given back');

my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
