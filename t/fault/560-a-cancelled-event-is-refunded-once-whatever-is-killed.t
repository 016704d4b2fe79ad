# Proves that an event with 1,000 orders is refunded to the last of them, none twice, though the jobs daemon is killed five times on the way, a second one runs
# beside it, the gateway's answers are lost and guests ask for themselves. By the gateway's own books, and the counts while it goes on.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my ($N, $BUYERS, $RATE) = (1000, 4, 100);
my $s = Stack->up(pay => 4, api => 2, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000,
    BOXOFFICE_BATCH_REFUNDS_PER_SECOND => $RATE, BOXOFFICE_RATE_TOKEN_PER_SECOND => 1000 });
my $shop = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $path = "/v1/events/$shop->{event}";

my @order = map { ref $_ eq 'ARRAY' ? @$_ : () } $s->parallel($BUYERS, sub {
    my ($n) = @_;
    my $buy = sub { $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa', guest => { email => "g$n-$_[0]\@guest.example", name => 'G' })->{json}{id} };
    return [ map { $buy->($_) } 1 .. $N / $BUYERS ];
});
is(scalar @order, $N, "$N orders are paid");
my @asking = @order[ 0 .. 19 ];
my @token = map { $s->must(POST => '/v1/access_tokens', { order => $_ })->{token} } @asking;

$s->must(POST => "$path/cancel", { reason => 'No singer' });

# --- on the way ------------------------------------------------------------------------

my (@crooked, @back);
my $last = 0;
my $progress = sub {
    my $c = $s->must(GET => "$path/cancellation");
    my $sum = 0;
    $sum += $c->{$_} for qw(waiting pending done disputed failed);
    push @crooked, "$c->{total} is not $sum" if $c->{total} != $sum && @crooked < 5;
    push @back, "$c->{done} after $last" if $c->{done} < $last;
    $last = $c->{done};
    return $c;
};
my %at;
for my $kill (1 .. 5) {
    $s->wait_until(60, sub { $progress->()->{done} >= ($kill - 1) * $N / 8 + 20 });
    $at{ $progress->()->{done} }++;
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => (qw(drop_after 500_after drop_before garbage))[ $kill % 4 ], count => 2 });
    $s->parallel(4, sub { $s->call(POST => "/v1/orders/$asking[ ($kill - 1) * 4 + $_[0] ]/refunds", {}, key => $token[ ($kill - 1) * 4 + $_[0] ]); return 1 });
    kill KILL => $s->part_pid('jobs');
    $s->wait_until(3, sub { !kill 0, $s->part_pid('jobs') });
    eval { $s->stop('jobs') };
    $s->start('jobs');
}
cmp_ok((sort { $b <=> $a } keys %at)[0], '<', $N, 'the daemon was killed five times on the way: at ' . join(', ', sort { $a <=> $b } keys %at));
my $second = $s->another_daemon;
ok($s->wait_until(120, sub { $progress->()->{status} eq 'done' }), 'it comes to its end by itself');
kill TERM => $second;
waitpid $second, 0;
is($?, 0, 'the second daemon leaves in order');
is("@crooked", '', 'the counts added up all the time');
is("@back", '', '... and went only forward');

# --- the end ---------------------------------------------------------------------------

$s->wait_until(60, sub { !one_value($s, q{select count(*) from app.refunds where status = 'pending'}) });
my $end = $progress->();
is("$end->{total} $end->{done}", "$N $N", 'all are done');
is(one_value($s, q{select count(*) || ' ' || count(distinct order_id) || ' ' || sum(amount) from app.refunds where status = 'succeeded'}),
    "$N $N " . 5400 * $N, "$N refunds, one an order");
is(one_value($s, q{select count(*) from app.refunds where status <> 'succeeded'}), 0, '... and none beside them');
my (%given, %sum);
for (grep { $_->{status} ne 'declined' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} }) {
    my $gives = $_->{kind} eq 'refund' || $_->{status} eq 'voided' && $_->{kind} eq 'sale';
    ($given{ $_->{order} }++, $sum{ $_->{order} } += $_->{amount}) if $gives;
}
is(scalar(grep { ($given{$_} // 0) != 1 || $sum{$_} != 5400 } @order), 0, 'the gateway gave each back once');
is(one_value($s, q{select count(*) from app.orders where status <> 'refunded' or refunded <> 5400}), 0, 'every order is refunded');
is(one_value($s, q{select count(*) from app.tickets where status <> 'refunded'}), 0, '... and no ticket is good');
my $most = one_value($s, q{select max(n) from (select count(*) over (order by tried_at range between '0.99 s' preceding and current row) as n
    from app.batch_orders) x});
cmp_ok($most, '<=', $RATE * 1.5, "the rate was kept: at most $most in a second");

$s->books_ok;
$s->wait_until(30, sub { !one_value($s, q{select count(*) from ops.jobs where kind in ('refund_send', 'payment_lookup', 'refund_batch')}) });
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
