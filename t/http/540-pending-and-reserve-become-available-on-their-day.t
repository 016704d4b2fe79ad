# What an order has pending, and in reserve, becomes available on its day and once, in the ledger page's figures.
# The test clock is moved over the days; orders are paid late, the end is moved, transactions stay open, the daemon is killed in mid-batch.
use strict;
use warnings;
use POSIX ();
use Stack;
use Storm qw(uuid_of);
use Test::More;
use Time::HiRes qw(sleep time);
use Time::Local qw(timegm);

use constant DAY => 86400;

my $s   = Stack->up(pay => 4, api => 2);
my $now = sub {
    my ($y, $m, $d, $h, $i, $sec) = $s->must(GET => '/v1/test_clock', undef, key => 'admin')->{now} =~ /(\d+)/g;
    return timegm($sec, $i, $h, $d, $m - 1, $y);
};
my $at  = sub { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($now->() + $_[0])) };

# A shop whose event ends in so many seconds.
sub shop {
    my ($seconds, %policy) = @_;
    return $s->shop(types => [ [ Floor => 4500, 1000 ] ], event => { starts_at => $at->($seconds > 7200 ? $seconds - 7200 : 30), ends_at => $at->($seconds) },
        organizer => { payout_policy => { hold_days_after_event => 3, hold_days_after_charge => 0, reserve_bps => 1000, reserve_days => 30, %policy } });
}
sub sold {
    my ($shop) = @_;
    my $got = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa');
    die "$got->{status} $got->{body}\n" if $got->{status} != 201;
    return $got->{json};
}
sub entries { my ($order) = @_; return reverse @{ $s->must(GET => "/v1/ledger/entries?order=$order->{id}", undef, key => 'admin')->{data} } }

# What the organizer has of an order: pending, reserve, available.
sub own {
    my ($order) = @_;
    my %have = map { $_ => 0 } qw(organizer_pending organizer_reserve organizer_available);
    for my $entry (entries($order)) { $have{ $_->{account} } -= $_->{amount} for @{ $entry->{postings} } }
    return "$have{organizer_pending} $have{organizer_reserve} $have{organizer_available}";
}
sub step { my ($seconds) = @_; my $clock = $s->advance_clock($seconds); return $clock->{quiet} ? '' : ' (not quiet)' }

# --- the page's figures, day by day ---------------------------------------------------

my $shop  = shop(10 * DAY);
my $order = sold($shop);
is($order->{amounts}{total}, 10270, 'the order of the ledger page');
is(own($order), '8100 900 0', 'its share is pending and in reserve');
is(step(10 * DAY + 60) . own($order), '8100 900 0', 'when the event is over it still is');
is($s->must(GET => "/v1/events/$shop->{event}")->{status}, 'completed', '... and it is over');
is(step(3 * DAY - 180) . own($order), '8100 900 0', 'a little before the third day too');
is(step(180) . own($order), '0 900 8100', 'on the third day what was pending is available');
is(step(27 * DAY - 180) . own($order), '0 900 8100', 'before the thirtieth the reserve stands');
is(step(180) . own($order), '0 0 9000', 'then it is released');
is(step(400 * DAY) . own($order), '0 0 9000', 'and that was all');
my @entries = entries($order);
is(join(', ', map { my $e = $_; "$e->{kind}: " . join ' ', map { "$_->{account} $_->{amount}" } @{ $e->{postings} } } @entries[ 1 .. $#entries ]),
    'matured: organizer_pending 8100 organizer_available -8100, reserve_released: organizer_available -900 organizer_reserve 900', 'an entry for each');
is(join(' ', map { $_->{object_id} } @entries), join(' ', ($order->{id}) x 3), 'their object is the order');
my $told = $s->dbh->selectcol_arrayref(q{select version || ' ' || body from ops.outbox where type = 'reserve.released'});
like("@$told", qr/^1 \{.*"amount": 900[,}]/, 'the release is told once');

# --- an end that moves -------------------------------------------------------------------

$shop  = shop(5 * DAY);
$order = sold($shop);
$s->must(PATCH => "/v1/events/$shop->{event}", { ends_at => $at->(15 * DAY) });
is(step(14 * DAY) . own($order), '8100 900 0', 'a later end: nothing on the day of the first');
is(step(4 * DAY + 60) . own($order), '0 900 8100', '... and all of it on its own');
$shop  = shop(50 * DAY);
$order = sold($shop);
$s->must(PATCH => "/v1/events/$shop->{event}", { starts_at => $at->(60), ends_at => $at->(DAY) });
is(step(4 * DAY + 60) . own($order), '0 900 8100', 'an earlier end: three days after that');

# --- the terms are the order's own, and each order has its day -----------------------------

$shop = shop(10 * DAY, hold_days_after_charge => 20);
my $early = sold($shop);
$s->must(PATCH => "/v1/organizers/$shop->{organizer}", { payout_policy => { hold_days_after_charge => 0, reserve_days => 1 } }, key => 'admin');
step(5 * DAY);
my $late = sold($shop);
is(step(8 * DAY + 60) . own($early) . ', ' . own($late), '8100 900 0, 0 0 9000', 'terms that changed bind later orders alone');
is(step(7 * DAY) . own($early), '0 900 8100', 'the charge\'s twentieth day is later than the event\'s third');

# --- paid when the event was over ----------------------------------------------------------

$shop = shop(DAY, hold_days_after_event => 0, hold_days_after_charge => 1, reserve_days => 0);
step(DAY - 300);
my $held = $s->buy($shop, { Floor => 2 })->{json};
is($held->{status}, 'held', 'an order is held before the end');
step(400);
is($s->must(GET => "/v1/events/$shop->{event}")->{status}, 'completed', 'the event is over');
is($s->must(POST => "/v1/orders/$held->{id}/pay", { payment_token => 'tok_visa' })->{status}, 'paid', 'it is paid after that');
is(step(3600) . own($held), '8100 900 0', '... is pending');
is(step(DAY) . own($held), '0 0 9000', '... and available a day later');

# --- paid by a transaction that did not see the end ------------------------------------------

$shop = shop(DAY, hold_days_after_event => 0, reserve_days => 0);
my @crowd = map { shop(DAY) } 1 .. 12;
my $else  = shop(100 * DAY);
step(DAY - 300);
$held = $s->buy($shop, { Floor => 2 })->{json};
my $id    = uuid_of($held->{id});
my $other = $s->dbh->clone;
$other->begin_work;
my ($org) = $other->selectrow_array('select org from app.orders where id = ?', undef, $id);
$other->do('select app.order_pay(?, ?, ?, null)', undef, $org, $id, 'tester');
$other->do(q{select app.order_paid($1, $2, array[gen_random_uuid(), gen_random_uuid()], '{late-1,late-2}', gen_random_uuid(),
    '{gateway_clearing,organizer_pending,organizer_reserve,tax_payable,ticket_revenue,fee_revenue,organizer_share}',
    '{10270,-8100,-900,-720,-9000,-550,9000}', 'tester', null)}, undef, $org, $id);
$s->dbh->do('select ops.clock_advance(400)');
my $status = sub { ($s->dbh->selectrow_array('select status from app.events where id = ?', undef, uuid_of($shop->{event})))[0] };
ok($s->wait_until(10, sub { $status->() eq 'completed' }), 'the event ends while a payment of it is not committed');
my $wait = $s->buy($else, { Floor => 2 })->{json};
$s->dbh->do('select ops.clock_advance(1000)');
my $since = time;
$s->wait_until(30, sub { $s->must(GET => "/v1/orders/$wait->{id}")->{status} eq 'expired' });
cmp_ok(time - $since, '<', 2.5, 'holds expire in time though thirteen events that are over wait for that transaction');
my $marks = sub { return @{ $s->dbh->selectcol_arrayref(q{select progress from ops.jobs where kind = 'event_mature' and progress is not null order by object_id}) } };
ok($s->wait_until(5, sub { $marks->() == 13 }), '... each has made its mark');
my @first = $marks->();
sleep 2.5;
is_deeply([ $marks->() ], \@first, '... and keeps it');
is($s->must(GET => '/v1/test_clock', undef, key => 'admin')->{quiet}, JSON::PP::false, 'nobody says yet what matures');
is(own($held), '0 0 0', '... nobody sees the order paid');
$other->commit;
ok($s->wait_until(10, sub { own($held) eq '0 0 9000' }), 'then it matures with the others') or diag(own($held));

# --- nobody ends it ---------------------------------------------------------------------------

$shop  = shop(DAY);
$order = sold($shop);
my @job = ($s->dbh->selectrow_array('select org from app.events where id = ?', undef, uuid_of($shop->{event})), 'event_complete', uuid_of($shop->{event}));
is($s->boxoffice(jobs => 'cancel', @job)->{status}, 0, 'somebody cancels the job that ends an event');
is(step(400 * DAY) . own($order), '8100 900 0', 'a year later it still goes on');
my $told_of = $s->boxoffice(verify => 'over_is_completed');
is($told_of->{status}, 1, 'which is an alarm') or diag($told_of->{out});
like($told_of->{out}, qr/$shop->{event}.*@job/, '... that names the event, and the job');
is($s->boxoffice(jobs => 'retry', @job)->{status}, 0, 'asked for again');
ok($s->wait_until(10, sub { own($order) eq '0 0 9000' }), '... all of it is available') or diag(own($order));

# --- killed in mid-batch ----------------------------------------------------------------------

$shop = shop(10 * DAY, reserve_days => 3);
my @sold = map { @$_ } $s->parallel(6, sub { return [ map { sold($shop)->{id} } 1 .. 40 ] });
is(scalar @sold, 240, '240 orders, more than a batch');
my $count = sub { return join ' ', $s->dbh->selectrow_array(q{
    select count(*) filter (where effect = 'matured'), count(*) filter (where effect = 'reserve_released'),
        count(distinct order_id) filter (where effect = 'matured')
    from ledger.entries where effect <> 'sale' and order_id = any (?)}, undef, [ map { uuid_of($_) } @sold ]) };
my @by_id = sort map { uuid_of($_) } @sold;
my $last  = $s->dbh->clone;
my $lock  = sub { my ($db, $order) = @_; $db->begin_work; $db->do('select from app.orders where id = ? for update', undef, $order) };
my $stuck = sub { ($s->dbh->selectrow_array('select count(*) from pg_locks where not granted'))[0] };
my $at_order = sub { ($s->dbh->selectrow_array(q{select progress from ops.jobs where kind = 'event_mature'}))[0] // '' };
my $older = $s->dbh->clone;    # so that the plan makes its mark, and waits for this one alone
$older->begin_work;
$older->do('select pg_current_xact_id()');
$s->dbh->do('select ops.clock_advance(?)', undef, 10 * DAY);
$s->wait_until(10, $at_order);
$lock->($other, $by_id[120]);
$lock->($last,  $by_id[220]);
$older->rollback;
ok($s->wait_until(10, $stuck), 'their plan stands before a locked order');
sleep 0.3;
$other->rollback;
ok($s->wait_until(5, sub { $at_order->() eq $by_id[199] }), '... and at the next one goes on from where its last turn ended') or diag($at_order->());
$last->rollback;
is(step(60) . $count->(), '0 0 0', 'none has matured at the end');
$lock->($other, $by_id[120]);
$s->dbh->do('select ops.clock_advance(?)', undef, 3 * DAY);
ok($s->wait_until(10, $stuck), 'a batch stands before a locked order');
kill KILL => $s->part_pid('jobs');
$s->stop('jobs');
$other->rollback;
ok($s->wait_until(5, sub { !$stuck->() }), 'its daemon is killed');
unlike($count->(), qr/^240/, 'it has not done all');
my $pass = sub { $s->dbh->do('update ops.jobs set leased_until = now() where leased_until > now()') };
for my $wait (0.02, 0.05, 0.1, 0.15) {
    $pass->();
    $s->start('jobs');
    sleep $wait;
    kill KILL => $s->part_pid('jobs');
    $s->stop('jobs');
}
$pass->();
$s->start('jobs');
ok($s->wait_until(20, sub { $count->() eq '240 240 240' }), 'the next ones do the rest: each order once') or diag($count->());
is(step(DAY) . own({ id => $sold[0] }), '0 0 9000', 'and rest');

# --- two daemons, and orders paid while the event ends ------------------------------------------

$shop = shop(DAY, hold_days_after_event => 0, reserve_days => 0);
step(DAY - 300);
my @late   = map { $s->buy($shop, { Floor => 1 })->{json}{id} } 1 .. 60;
my $second = $s->another_daemon;
my @paid   = map { @$_ } $s->parallel(4, sub {
    my ($i) = @_;
    return [ map { $s->call(POST => "/v1/orders/$_/pay", { payment_token => 'tok_visa' })->{json}{status} // 'none' } @late[ 20 * $i - 20 .. 20 * $i - 1 ] ] if $i;
    $s->wait_until(5, sub { $s->must(GET => "/v1/orders/$late[3]")->{status} eq 'paid' });
    $s->advance_clock(400);
    return [];
});
is(scalar(grep { $_ eq 'paid' } @paid), 60, 'sixty orders are paid while their event ends');
@sold = @late;
for (1 .. 10) { $pass->(); sleep 0.05 }    # as if both had been too slow: each may take the other's jobs
ok($s->wait_until(20, sub { $count->() eq '60 60 60' }), 'with two daemons at it each matures once') or diag($count->());
my ($before) = $s->dbh->selectrow_array(q{select count(*) from app.orders o join app.events e on e.org = o.org and e.id = o.event_id
    where o.id = any (?) and o.paid_at < e.ends_at}, undef, [ map { uuid_of($_) } @late ]);
ok($before > 0 && $before < 60, '... those that were paid before the end and those after it') or diag("$before before");
kill TERM => $second;
waitpid $second, 0;
is($?, 0, 'the second daemon leaves in order');

# --- the books -----------------------------------------------------------------------------------

my $verified = $s->boxoffice('verify', 'matured_on_time', 'released_on_time', 'over_is_completed', 'entry_has_object', 'accounts_right_sign', 'trial_balance_zero',
    'audit_has_every_order_change', 'jobs_not_late', 'jobs_not_buried');
is($verified->{status}, 0, 'the invariants hold') or diag($verified->{out});
$s->books_ok;
done_testing;
