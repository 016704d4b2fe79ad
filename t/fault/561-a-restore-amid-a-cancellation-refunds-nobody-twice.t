# Proves that a batch of refunds that was restored from a backup to its midst, or lost with its cancellation and begun anew, gives each order back once more to the
# books and not once more to its guest. By a cold copy of the database, put back when all was refunded at either gateway.
use strict;
use warnings;
use Test::More;
use Stack;
use Storm;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000, BOXOFFICE_BATCH_REFUNDS_PER_SECOND => 4 });
my %token = (nmi => 'tok_visa', stripe => 'pm_card_visa');
my %shop  = map { $_ => $s->shop(organizer => { gateway => $_ }) } sort keys %token;
my %order = map { my $g = $_; $g => [ map { $s->buy($shop{$g}, { Floor => 1 }, payment_token => $token{$g})->{json}{id} } 1 .. 12 ] } sort keys %shop;
my $progress = sub { $s->call(GET => "/v1/events/$shop{$_[0]}{event}/cancellation")->{json} };
my $cancel   = sub { $s->must(POST => "/v1/events/$shop{$_}{event}/cancel") for sort keys %shop };
my $ended    = sub { $s->wait_until(60, sub { !grep { ($progress->($_)->{status} // '') ne 'done' } keys %shop }) };
my $ready    = sub { $s->wait_until(30, sub { ($s->call(GET => '/readyz', undef, key => undef)->{json}{status} // '') eq 'ok' }) };

sub once {
    my ($when) = @_;
    for my $gateway (sort keys %shop) {
        my (%times, $sum);
        for (grep { $_->{status} ne 'declined' } map { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_")->{json}{data} } } @{ $order{$gateway} }) {
            my $gives = $_->{kind} eq 'refund' || $_->{kind} eq 'sale' && $_->{status} eq 'voided';
            ($times{ $_->{order} }++, $sum += $_->{amount}) if $gives;
        }
        is(join(' ', grep { ($times{$_} // 0) != 1 } @{ $order{$gateway} }) . ' ' . ($sum // 0), ' ' . 12 * 5400, "$gateway, $when: each has its money once");
        my %is = map { my $o = $s->must(GET => "/v1/orders/$_"); ("$o->{status} $o->{amounts}{refunded}" => 1) } @{ $order{$gateway} };
        is(join(', ', sort keys %is), 'refunded 5400', '... and the books say so');
    }
}

my $before = cold_copy($s);
$cancel->();
ok($s->wait_until(20, sub { !grep { $progress->($_)->{done} < 3 } keys %shop }), 'some are refunded');
my $midst = cold_copy($s);
cmp_ok($progress->('nmi')->{done}, '<', 12, '... not all');
ok($ended->(), 'all are');
once('at first');
for (['in its midst', $midst], ['before it', $before]) {
    my ($when, $copy) = @$_;
    put_back($s, $copy);
    is($s->boxoffice(qw(restore finish))->{status}, 0, "put back, as it was $when");
    ok($ready->(), '... and recovered');
    $cancel->();
    ok($ended->(), '... it comes to its end again');
    $s->wait_until(30, sub { !one_value($s, q{select count(*) from ops.jobs where kind in ('refund_send', 'payment_lookup', 'refund_batch')}) });
    once($when);
}
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
