# The jobs daemon killed in the middle of its look-ups, two daemons at once, and the gateway's query answers lost: each charge is decided once, as the gateway has it.
# Lost charges are made while daemons are killed and doubled; a dead daemon's leases are let run out at once, so that nobody waits a minute for them.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s     = Stack->up(pay => 6, sandbox_sync => 0, webhooks => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 3000, BOXOFFICE_HORIZON_MS => 6000,
    BOXOFFICE_HOLD_SECONDS => 3600 });
my $shop  = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my %token = (tok_garbage => 'paid', tok_lost_after => 'paid', tok_500_after => 'paid', tok_lost_before => 'held');
my %order;
my $lose = sub {
    my ($n) = @_;
    for my $token (sort keys %token) {
        for (1 .. $n) {
            my $got = $s->buy($shop, { Floor => 1 }, payment_token => $token);
            $order{ $got->{json}{id} } = $token{$token};
        }
    }
};
my $pass_leases = sub { $s->dbh->do('update ops.jobs set leased_until = clock_timestamp() where leased_until is not null') unless $ENV{BOXOFFICE_TEST_FULL} };

# Killed again and again.
for my $kill (1 .. 8) {
    $lose->(1) if $kill % 2;
    sleep 0.3 + rand 0.7;
    kill KILL => $s->part_pid('jobs');
    $s->stop('jobs');
    $pass_leases->();
    $s->start('jobs');
}
# Two of them.
my $second = $s->another_daemon;
$lose->(4);
my $seconds = $ENV{BOXOFFICE_TEST_FULL} ? 120 : 40;
$s->wait_until(2, sub { one_value($s, 'select count(*) from ops.jobs where leased_until is not null') });
$pass_leases->();    # as if both had been too slow: each may take the other's jobs
ok settled($s, $seconds), 'every charge is decided';
ok readlink("/proc/$second/exe") =~ m{/boxoffice-jobs$} && kill(TERM => $second), 'the second daemon is still there';
waitpid $second, 0;
is $?, 0, 'the second daemon leaves in order';

my (%wrong, %charges);
$charges{ $_->{order} }++ for grep { $_->{status} eq 'approved' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} };
for my $order (sort keys %order) {
    my $status = $s->must(GET => "/v1/orders/$order")->{status};
    $wrong{$order} = "$status with " . ($charges{$order} // 0) unless $status eq $order{$order} && ($charges{$order} // 0) == ($status eq 'paid' ? 1 : 0);
}
is_deeply \%wrong, {}, 'each order is paid with one charge, or held with none (' . keys(%order) . ')';
is one_value($s, q{select count(*) from ops.audit a where action in ('payment.succeeded', 'payment.not_found_final', 'payment.declined', 'payment.not_sent')}),
    scalar keys %order, 'each was decided once';
is one_value($s, q{select count(*) from ops.jobs where kind = 'payment_lookup'}), 0, 'no look-up is left over';

# The gateway away while it is asked: nothing is guessed.
{
    my $lost = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_garbage')->{json}{id};
    my $none = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_lost_before')->{json}{id};
    $s->stop('sandbox-nginx');
    sleep 8;    # past the horizon
    is join(' ', map { $s->must(GET => "/v1/orders/$_")->{status} } $lost, $none), 'processing processing',
        'past the horizon a gateway that cannot be asked decides nothing';
    $s->start('sandbox-nginx');
    ok settled($s, 20), 'when it can be asked again they are decided';
    is join(' ', map { $s->must(GET => "/v1/orders/$_")->{status} } $lost, $none), 'paid held', 'as it says';
}

# Holds end once, whoever ends them.
{
    my @held = map { $s->buy($shop, { Floor => 2 })->{json}{id} } 1 .. 40;
    my $third = $s->another_daemon;
    my $killer = later(sub { for (1 .. 3) { sleep 0.05; kill KILL => $s->part_pid('jobs'); $s->stop('jobs'); $pass_leases->(); $s->start('jobs') } return 1 });
    $s->advance_clock(3601);
    answer($killer);
    $pass_leases->();
    ok $s->wait_until(10, sub { !one_value($s, q{select count(*) from app.orders where status = 'held'}) }),
        'holds end with a daemon killed three times and another beside it';
    is one_value($s, q{select count(*) from app.orders o where status = 'expired' and (select count(*) from ops.outbox b where b.object_id = o.id) <> 1}), 0,
        'each once';
    kill TERM => $third;
    waitpid $third, 0;
}

$s->books_ok;
sound($s, 'at the end');
done_testing;
