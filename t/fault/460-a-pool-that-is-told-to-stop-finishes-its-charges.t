# SIGTERM during charges: each answer still arrives, nothing is left undecided, and the programs leave within the time of a call.
# The pool and single workers are told to stop at several moments of slow charges, the pool is started again, and after each round the books are compared.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s     = Stack->up(pay => 5, sandbox_sync => 0);
my $shop  = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $place = sub { my ($key, $token) = @_; $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => $token), idem => $key) };
my $sending = sub { one_value($s, q{select count(*) from app.payments where state = 'sending'}) };

for my $round ([ 'multiwatch', 'TERM', 0.2 ], [ 'multiwatch', 'TERM', 2.8 ], [ 'every worker', 'TERM', 1 ], [ 'every worker', 'USR1', 1 ]) {
    my ($whom, $signal, $after) = @$round;
    my $what = "SIG$signal to $whom after $after s";
    my @paying = map { my $key = "$whom-$signal-$after-$_"; later(sub { $place->($key, 'tok_slow') }) } 1 .. 4;
    $s->wait_until(2, sub { $sending->() == 4 });
    sleep $after;
    my $pool = $s->part_pid('pay');
    my @workers = $s->workers('pay');
    my $began = time;
    kill $signal => $whom eq 'multiwatch' ? $pool : @workers;
    my @got = map { answer($_) } @paying;
    is join(', ', map { "$_->{status} $_->{json}{status}" } @got), join(', ', ('201 paid') x 4), "$what: every answer arrives";
    ok $s->wait_until(8, sub { !grep { -d "/proc/$_" } @workers }), "$what: the workers have left";
    cmp_ok time - $began, '<', 8, "$what: within the time of a call";
    is $sending->(), 0, "$what: nothing is left undecided";
    if ($whom eq 'multiwatch') {
        ok $s->wait_until(3, sub { !-d "/proc/$pool" }), "$what: the pool has left";
        my $refused = $place->("refused-$after", 'tok_visa');
        ok $refused->{status} =~ /^50[23]$/, "$what: nobody pays meanwhile ($refused->{status} $refused->{json}{code})";
        $s->start('pay');
        is $place->("refused-$after", 'tok_visa')->{status}, 201, "$what: and then the same key does";
    }
    else {
        ok $s->wait_until(3, sub { 5 == (my @w = $s->workers('pay')) }), "$what: the pool is whole again";
        is $place->("after-$signal", 'tok_visa')->{status}, 201, "$what: and sells";
    }
}

# Rolling: workers told to leave one by one while others are asked.
my $until = time + 6;
my @did = $s->parallel(5, sub {
    my ($n) = @_;
    my @bad;
    if ($n == 4) {
        while (time < $until) {
            for my $pid ($s->workers('pay')) { kill TERM => $pid; sleep 0.15 }
            sleep 0.6;
        }
        return [];
    }
    for (my $i = 0; time < $until + 0.5; $i++) {
        my $got = $place->("roll-$n-$i", 'tok_visa');
        push @bad, "$got->{status} $got->{body}" if $got->{status} != 201;
    }
    return \@bad;
});
is join("\n", map { ref eq 'HASH' ? $_->{died} : @$_ } @did), '', 'while workers leave one by one every request is answered';

# The jobs daemon too finishes what it is at.
my $lost = $place->('lost', 'tok_garbage')->{json}{id};
my $jobs = $s->part_pid('jobs');
kill TERM => $jobs;
ok $s->wait_until(10, sub { !-d "/proc/$jobs" }), 'the jobs daemon leaves when it is told to';
$s->stop('jobs');
$s->start('jobs');
ok $s->wait_until(25, sub { $s->must(GET => "/v1/orders/$lost")->{status} eq 'paid' }), 'and the next one goes on';

$s->books_ok;
sound($s, 'at the end');
done_testing;
