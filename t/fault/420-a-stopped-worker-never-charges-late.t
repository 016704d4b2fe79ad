# A worker stopped between arming its fence and sending is killed by the fence, or finds it too late to send: it never charges after its charge was given up.
# Workers are stopped at that very place, held there by a locked row, and at staggered moments of ordinary charges, and continued after the horizon.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my ($deadline, $fence, $horizon) = (1.5, 3, 5);
my $s = Stack->up(pay => 1, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1000 * $deadline, BOXOFFICE_FENCE_MS => 1000 * $fence,
    BOXOFFICE_HORIZON_MS => 1000 * $horizon });
my $shop  = $s->shop(types => [ [ Floor => 5000, 10000 ], [ Gate => 5000, 100 ] ]);
my $place = sub { my ($key, $type) = @_; $s->call(POST => '/v1/orders', $s->order_body($shop, { $type => 1 }, payment_token => 'tok_visa'), idem => $key) };
my $alive = sub { kill 0 => $_[0] and do { open my $in, '<', "/proc/$_[0]/stat" or return 0; (split ' ', <$in>)[2] ne 'Z' } };
my $charges = sub { join ' ', map { $_->{status} } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $order_of = sub { my $n = one_value($s, 'select object_id from ops.idempotency where key = ?', $_[0]) or return; return $n };

# Holds a charge inside transaction A; gives the one worker and what lets it go on.
sub hold_charge {
    my ($key) = @_;
    my $dbh = $s->dbh->clone({ AutoCommit => 0 });
    $dbh->selectall_arrayref('select from app.ticket_buckets where type_id = ? for update', undef, uuid_of($shop->{types}{Gate}));
    my $paying = later(sub { $place->($key, 'Gate') });
    $s->wait_until(3, sub { one_value($s, 'select count(*) from pg_locks where not granted') }) or die "nobody waits for the lock\n";
    return ($paying, $s->workers('pay'), $dbh);
}

# --- stopped after the commit, continued after the horizon: the fence kills it -----

{
    my $began = time;
    my ($paying, $pid, $dbh) = hold_charge('stopped');
    kill STOP => $pid;
    $dbh->rollback;    # transaction A commits now, and the worker does not see it
    ok $s->wait_until(2, sub { one_value($s, q{select count(*) from app.payments where state = 'sending'}) }),
        'a worker is stopped between recording a charge and sending it';
    ok $alive->($pid), 'it is there until its fence';
    ok $s->wait_until($fence + 2, sub { !$alive->($pid) }), 'and is killed by it, stopped as it is';
    my $lived = time - $began;
    ok $lived > $fence - 0.1 && $lived < $fence + 1, sprintf 'after %.1f s', $lived;
    my $got = answer($paying);
    is "$got->{status} " . ($got->{json}{code} // ''), '502 outcome_unknown', 'its caller is told that the outcome is unknown';
    sleep $began + $horizon + 1 - time;
    kill CONT => $pid;    # nobody hears it
    ok settled($s, 20), 'the charge is decided';
    my $order = $order_of->('stopped');
    is one_value($s, 'select status from app.orders where id = ?', $order), 'held', 'as not made';
    is scalar @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} }, 0, 'the gateway was told nothing';
    $got = $place->('stopped', 'Gate');
    is "$got->{status} $got->{json}{status}", '201 paid', 'its key goes on and pays';
    is $charges->($got->{json}{id}), 'approved', 'with one charge';
}

# --- continued before the fence, but too late for a call to end before it: nothing is sent -----

{
    my ($paying, $pid, $dbh) = hold_charge('late');
    kill STOP => $pid;
    $dbh->rollback;
    sleep $fence - $deadline + 0.4;
    kill CONT => $pid;
    my $got = answer($paying);
    is "$got->{status} $got->{json}{code}", '503 gateway_unavailable', 'a worker that wakes up too late to call sends nothing';
    is "$got->{json}{order}{status} " . $charges->($got->{json}{order}{id}), 'held ', 'and the order stays held, not charged';
    ok $alive->($pid), 'the worker lives on';
    $got = $place->('late', 'Gate');
    is "$got->{status} $got->{json}{status}", '201 paid', 'its key pays it then';
}

# --- continued in time: it goes on as if nothing had been -----

{
    my ($paying, $pid, $dbh) = hold_charge('in-time');
    kill STOP => $pid;
    $dbh->rollback;
    sleep 0.5;
    kill CONT => $pid;
    my $got = answer($paying);
    is "$got->{status} $got->{json}{status}", '201 paid', 'one that wakes up in time charges';
}

# --- anywhere -----

$s->stop('pay');
$s->{opt}{pay} = 8;
$s->start('pay');
my (%seen, @keys);
for my $batch (1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 30 : 3)) {
    my $from   = time;
    my @pids   = $s->workers('pay');
    my @paying = map { my $key = "any-$batch-$_"; push @keys, $key; later(sub { $place->($key, 'Floor') }) } 1 .. 8;
    for my $n (0 .. $#pids) {
        my $at = $from + ($batch - 1) * 0.008 + 0.2 * $n / @pids;
        sleep $at - time if $at > time;
        kill STOP => $pids[$n];
    }
    sleep $from + $horizon + 1.2 - time;
    my $killed = grep { !$alive->($_) } @pids;
    kill CONT => @pids;
    my @got = map { answer($_) } @paying;
    $seen{ $_->{died} // "$_->{status} " . ($_->{json}{code} // $_->{json}{status}) }++ for @got;
    note "batch $batch: $killed of " . @pids . ' killed by their fence';
    $s->wait_until(3, sub { 8 == (my @w = $s->workers('pay')) });
}
note join ', ', map { "$_ ($seen{$_})" } sort keys %seen;
is join(', ', grep { !/^(?:201 paid|502 outcome_unknown|503 gateway_unavailable|202 processing)$/ } sort keys %seen), '', 'callers met answers and lost answers only';
ok settled($s, 30), 'every charge is decided';
is one_value($s, q{select count(*) from app.orders where status not in ('paid', 'held')}), 0, 'every order is paid or held';
$s->books_ok;
my @unpaid = grep { my $got = $place->($_, 'Floor'); $got->{status} != 201 || $got->{json}{status} ne 'paid' } @keys;
is "@unpaid", '', 'every key goes on to a paid order';
is one_value($s, 'select count(*) from app.orders'), @keys + 3, 'one for each key';

$s->books_ok;
sound($s, 'at the end');
done_testing;
