# A worker killed anywhere in a charge harms one answer: no order is charged twice, every order ends paid or held, and its key goes on with it to one paid order.
# Workers are killed 0 to 3 s into charges that take 3 s and 0 to 40 ms into charges that take 20, pool by pool, until each pool has lost all its workers 20 times.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my %pool  = (pay => 12, hook => 2, api => 3);
my $s     = Stack->up(%pool, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 4000, BOXOFFICE_FENCE_MS => 5500, BOXOFFICE_HORIZON_MS => 7000 });
my $shop  = $s->shop(types => [ [ Floor => 5000, 10000 ] ]);
my $code  = storm_code($s, $shop);
my $place = sub { my ($key, $token) = @_; $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => $token, promo_code => $code),
    idem => $key) };
my $whole = sub { my $pool = shift; $s->wait_until(2, sub { my @w = $s->workers($pool); @w == $pool{$pool} }) };
my (%sent, %seen);

sub ended {
    my ($key, $token, $got) = @_;
    $sent{$key} = $token;
    $seen{ $got->{died} // "$got->{status} " . ($got->{json}{code} // $got->{json}{status}) }++;
    return;
}

# Long charges: each of twelve workers is killed at its own moment of ten charges.
for my $batch (1 .. 2) {
    my @paying = map { my $key = "slow-$batch-$_"; [ $key, later(sub { $place->($key, 'tok_slow') }) ] } 1 .. 10;
    my ($from, $n) = (time, 0);
    for my $pid ($s->workers('pay')) {
        my $at = $from + 3.2 * $n++ / 11;
        sleep $at - time if $at > time;
        kill KILL => $pid;
    }
    ended($_->[0], 'tok_slow', answer($_->[1])) for @paying;
    ok $whole->('pay'), "batch $batch: the pool is whole again";
}
cmp_ok $seen{'502 outcome_unknown'} // 0, '>=', 10, 'callers whose worker was killed are told that the outcome is unknown';

# Short ones: all workers of all pools, once in half a second.
my @missing;
for my $round (1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 200 : 20)) {
    my $next   = time + 0.6;
    my @paying = map { my $key = "quick-$round-$_"; [ $key, later(sub { $place->($key, 'tok_visa') }) ] } 1 .. 3;
    sleep rand 0.04;
    $s->kill_workers(KILL => $_) for sort keys %pool;
    ended($_->[0], 'tok_visa', answer($_->[1])) for @paying;
    push @missing, "$round: $_" for grep { !$whole->($_) } sort keys %pool;
    sleep $next - time if $next > time;    # multiwatch counts deaths within half a second as failed starts
}
is "@missing", '', 'after every round each pool has all its workers again';
my $met = join ', ', map { "$_ ($seen{$_})" } sort keys %seen;
is join(', ', grep { !/^(?:201 paid|502 outcome_unknown|503 gateway_unavailable|503 unavailable)$/ } sort keys %seen), '',
    "callers met answers and lost answers only: $met";

# One who was not there when it happened.
is $s->call(GET => '/readyz', undef, key => undef)->{status}, 200, 'the house is ready';
ok settled($s, 45), 'every charge is decided';
sound($s, 'before any key is repeated');
is one_value($s, q{select count(*) from app.orders where status not in ('paid', 'held')}), 0, 'every order is paid or held';
cmp_ok one_value($s, q{select count(*) from app.payments where state = 'succeeded' and lookups > 0}), '>', 3, 'some charges were found by looking them up';
cmp_ok one_value($s, q{select count(*) from app.payments where state = 'not_found_final'}), '>', 0, 'some were never made';

my @unpaid;
for my $key (sort keys %sent) {
    next if one_value($s, 'select status from ops.idempotency where key = ?', $key);    # answered already
    my $got = $place->($key, $sent{$key});
    push @unpaid, "$key: $got->{status} $got->{body}" unless $got->{status} == 201 && $got->{json}{status} eq 'paid';
}
is "@unpaid", '', 'every key repeated goes on to a paid order';
is one_value($s, 'select count(*) from app.orders'), scalar keys %sent, 'one for each key';
is one_value($s, q{select count(*) from app.orders where status = 'paid'}), scalar keys %sent, 'all paid';
is slots_left($s), 100_000 - keys %sent, 'each with one use of its code';

$s->books_ok;
sound($s, 'at the end');
done_testing;
