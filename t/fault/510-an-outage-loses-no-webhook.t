# Whatever was answered 200 is there for ever, and while it can't be kept the sender is told 503: PostgreSQL stopped at any moment, Redis in any state.
# Senders post without pause while PostgreSQL is stopped immediately; then with Redis stopped, killed, full, emptied, and with keys of the wrong type.
use strict;
use warnings;
use Hook;
use Problem;
use Stack;
use Storm;
use Test::More;
use Time::HiRes qw(sleep time);

my $s = Stack->up(pay => 2, hook => 4, api => 1, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 60_000 });
my $hook = Hook->new($s);
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my $cli  = sub { my $out = `redis-cli -s '@{[ readlink($s->dir . '/run') // $s->dir . '/run' ]}/redis.sock' @_ 2>&1`; $? == 0 or die "redis-cli @_: $out\n"; $out };
my $post = sub { my ($id, $type) = @_; $hook->post(nmi => nmi_event($type // 'x.y', id => $id)) };
my $rows = sub { my ($id) = @_; one_value($s, 'select count(*) from app.webhook_events where event_id = ?', $id) };

# --- PostgreSQL -----------------------------------------------------------------------

my $until = time + 7;
my @did = $s->parallel(6, sub {
    my ($n) = @_;
    if ($n == 5) {
        for my $stop (qw(QUIT QUIT INT)) {    # immediately, twice; then in order
            sleep 1.2;
            local $ENV{PG_STOP} = $stop;
            $s->stop('postgres');
            sleep 0.4;
            $s->start('postgres');
        }
        return {};
    }
    my %status;
    for (my $i = 0; time < $until; $i++) {
        my $id = "pg-$n-$i";
        my $got = $post->($id);
        $status{$id} = $got->{status};
        sleep 0.02 if $got->{status} != 200;
    }
    return \%status;
});
is(join('', map { $_->{died} // '' } @did), '', 'five senders, and PostgreSQL stopped three times');
my %status = map { %$_ } @did;
my %seen;
$seen{$_}++ for values %status;
is(join(' ', sort keys %seen), '200 503', 'each is told 200 or 503: ' . join(', ', map { "$_ ($seen{$_})" } sort keys %seen));
cmp_ok($seen{200}, '>', 200, 'many of them 200');
my %there = map { $_ => 1 } @{ $s->dbh->selectcol_arrayref(q{select event_id from app.webhook_events where event_id like 'pg-%'}) };
is(join(' ', grep { $status{$_} == 200 && !$there{$_} } sort keys %status), '', 'what was answered 200 is there');
my @again = grep { $status{$_} != 200 } sort keys %status;
is(join(' ', grep { $post->($_)->{status} != 200 } @again), '', 'what was not is sent again, and taken');
is(one_value($s, q{select count(*) from app.webhook_events where event_id like 'pg-%'}), scalar keys %status, 'each is there once');

{
    local $ENV{PG_STOP} = 'INT';
    $s->stop('postgres');
    my $got = $post->('while-down');
    problem_ok($got, 503, 'unavailable', 'while PostgreSQL is down');
    ok($got->{headers}{'retry-after'}, '... with when to come again');
    is($post->('while-down')->{status}, 503, '... each time: Redis alone is never believed');
    is($hook->post(nmi => nmi_event('x.y'), secret => 'wrong')->{status}, 401, '... and what is not signed is refused as ever');
    $s->start('postgres');
    ok($s->wait_until(10, sub { $post->('while-down')->{status} == 200 }), 'it is taken once PostgreSQL is back');
    is($rows->('while-down'), 1, '... once');
}

# --- Redis ----------------------------------------------------------------------------------

# Events with Redis as it is: each three times, 200 each time, there once, and looked at.
my $n = 0;
sub taken_once {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @ids = map { 'redis-' . $n++ } 1 .. 8;
    my @got = map { my $id = $_; map { $post->($id)->{status} } 1 .. 3 } @ids;
    my $applied = sub { one_value($s, q{select count(*) from app.webhook_events where event_id = any(?) and state = 'ignored' and attempts = 1}, \@ids) };
    $s->wait_until(10, sub { $applied->() == @ids });
    return is("@got " . one_value($s, 'select count(*) from app.webhook_events where event_id = any(?)', \@ids) . ' ' . $applied->(),
        join(' ', (200) x 24) . ' 8 8', "$name: each event three times is 200, there once and looked at once");
}

taken_once('Redis well');
my ($key) = grep { /:nmi:redis-0$/ } split /\n/, $cli->(keys => "'wh:*'");
my $epoch = one_value($s, 'select epoch::text from ops.epoch');
is($key, "wh:$epoch:nmi:redis-0", 'it remembers an event under the epoch');
is($cli->(get => $key), "done\n", '... as done');
my $ttl = $cli->(ttl => $key);
ok($ttl > 72 * 3600 - 60 && $ttl <= 72 * 3600, '... for 72 h');
$cli->('flushall');
taken_once('emptied');
my $pid = $s->part_pid('redis');
kill STOP => $pid;
taken_once('stopped');
kill CONT => $pid;
$cli->(config => set => 'maxmemory', 1);
taken_once('full');
$cli->(config => set => 'maxmemory', '64mb');
$cli->(rpush => "wh:$epoch:nmi:redis-$_", 'x') for $n .. $n + 7;
taken_once('with keys of the wrong type');
$cli->(set => "wh:$epoch:nmi:redis-$_", 'pending') for $n .. $n + 7;
taken_once('with others at it, who never finish');
$cli->(set => "wh:$epoch:nmi:redis-$_", '""') for $n .. $n + 7;
taken_once('with nonsense in its keys');
kill KILL => $pid;
taken_once('killed');
$s->stop('redis');
$s->start('redis');
taken_once('started again');
$s->dbh->do('select ops.epoch_renew(false)');
sleep 2.5;    # until all workers have seen it
$s->dbh->do(q{delete from app.webhook_events where event_id = 'redis-0'});    # as a restore would
is($post->('redis-0')->{status} . $rows->('redis-0'), '2001', 'under a new epoch what Redis remembers of the old one counts for nothing');

# --- both, with money at stake -------------------------------------------------------------------

$s->stop('jobs');
my $lost = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_lost_after')->{json};
$s->stop($_) for qw(redis postgres);
$s->sandbox(POST => '/sandbox/webhooks/replay', { count => 2 });
sleep 1;
$s->start($_) for qw(postgres redis jobs);
ok($s->wait_until(20, sub { $s->must(GET => "/v1/orders/$lost->{id}")->{status} eq 'paid' }), 'with both away and back the sender\'s next try settles a lost answer');
ok($s->wait_until(20, sub { !grep { !$_->{delivered} } @{ $s->sandbox(GET => '/sandbox/webhooks')->{json}{data} } }), 'all that the gateway had to say is delivered');
$s->books_ok;
sound($s, 'at the end');
done_testing;
