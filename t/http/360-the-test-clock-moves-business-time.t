# Proves that the test clock moves forward by what is asked, answers when every
# job due by then has run, moves business times and nothing else, and is the
# admin's alone in a test installation. By advancing it, and by a worker in live mode.
use strict;
use warnings;
use POSIX ();
use Problem;
use Stack;
use Test::More;
use Time::HiRes qw(time);
use Time::Local qw(timegm);

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $shop = $s->shop;
my $unix = sub { my ($y, $m, $d, $h, $i, $sec) = $_[0] =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/; return timegm($sec, $i, $h, $d, $m - 1, $y) };
my $get  = sub { $s->must(GET => '/v1/test_clock', undef, key => 'admin') };
my $step = sub { my ($body, %h) = @_; return $s->call(POST => '/v1/test_clock/advance', $body, key => 'admin', %h) };

# --- forward, by what is asked ----------------------------------------------------

my $clock = $get->();
is($clock->{object}, 'test_clock', 'there is a test clock');
ok(abs($unix->($clock->{now}) - time) <= 2, '... which begins at the time of day');
is($clock->{quiet}, JSON::PP::true, '... with nothing to do');
for my $seconds (1, 3600, 86400) {
    my $before = $unix->($get->()->{now});
    my $got    = $step->({ seconds => $seconds });
    is($got->{status}, 200, "$seconds s forward");
    my $by = $unix->($got->{json}{now}) - $before;
    ok($by >= $seconds && $by <= $seconds + 3, '... to then') or diag("by $by s");
    is($got->{json}{quiet}, JSON::PP::true, '... and quiet');
}
my $before = $unix->($get->()->{now});
is($step->({ seconds => 0 })->{status}, 200, 'no step is a step');
fields_ok($step->({ seconds => $_ }), { '/seconds' => 'out_of_range' }, "$_ s") for -1, -86400, 315360001;
fields_ok($step->({ seconds => $_ }), { '/seconds' => 'wrong_type' }, 'seconds that are no number') for '60', [], JSON::PP::true;
fields_ok($step->({}), { '/seconds' => 'missing' }, 'no seconds');
fields_ok($step->({ seconds => 1, to => '2031-01-01T00:00:00Z' }), { '/to' => 'unknown_field' }, 'to a time');
ok($unix->($get->()->{now}) - $before <= 3, 'none of them moved it');

my $key   = Stack::random_key();
my $first = $step->({ seconds => 1000 }, idem => $key);
my $again = $step->({ seconds => 1000 }, idem => $key);
is($again->{headers}{'idempotent-replayed'}, 'true', 'a repeated Idempotency-Key is a replay');
is($again->{status}, $first->{status}, '... of the same status');
ok($unix->($get->()->{now}) - $before < 1000 + 5, '... and moves the clock once');

# --- what follows it, and what doesn't ------------------------------------------------

my $held = $s->buy($shop, { Floor => 3 })->{json};
is($held->{status}, 'held', 'an order is held');
ok(abs($unix->($held->{created_at}) - $unix->($get->()->{now})) <= 2, 'created_at follows the clock');
my $left = $unix->($held->{expires_at}) - $unix->($held->{created_at});
ok(abs($left - 600) <= 1, '... and so does the ten minutes\' hold') or diag("$left s");
$step->({ seconds => 300 });
is($s->must(GET => "/v1/orders/$held->{id}")->{status}, 'held', 'after five minutes it is held still');
my $after = $step->({ seconds => 301 })->{json};
is($after->{quiet}, JSON::PP::true, 'after ten the answer comes when the job has run');
is($s->must(GET => "/v1/orders/$held->{id}")->{status}, 'expired', '... and the hold is over');
is($s->must(GET => "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}")->{remaining}, 100, '... and its tickets are back');

my $paid  = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
my $entry = $s->must(GET => "/v1/ledger/entries?order=$paid->{id}", undef, key => 'admin')->{data}[0];
ok(abs($unix->($entry->{$_}) - $unix->($get->()->{now})) <= 3, "an entry's $_ follows") for qw(occurred_at recorded_at);
my $charged = sub {    # it asks for the time five times a second
    my $order = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{id};
    return abs($unix->($s->sandbox(GET => "/sandbox/transactions?order=$order")->{json}{data}[0]{created_at}) - $unix->($get->()->{now})) <= 3;
};
ok($s->wait_until(2, $charged), 'the gateway\'s books follow');
my $token = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer}, ttl_seconds => 60 });
ok(abs($unix->($token->{expires_at}) - time - 60) <= 3, 'the expiry of tokens does not: it is wall time');
my ($key_at) = $s->dbh->selectrow_array('select max(extract(epoch from created_at)) from ops.idempotency');
ok(abs($key_at - time) <= 5, '... nor does the age of idempotency keys');

# --- a job that is late ----------------------------------------------------------------

$s->buy($shop, { Floor => 1 });
$s->stop('jobs');
$s->dbh->do('select ops.clock_advance(700)');
is($get->()->{quiet}, JSON::PP::false, 'without a jobs daemon it is not quiet while a job is due');
$s->start('jobs');
ok($s->wait_until(5, sub { $get->()->{quiet} }), '... and with one it soon is');

# --- whose it is ---------------------------------------------------------------------------

my $seller = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer} })->{token};
for my $by ([ 'the platform', 'platform' ], [ 'an organizer', $seller ]) {
    problem_ok($s->call(GET => '/v1/test_clock', undef, key => $by->[1]), 403, 'forbidden', "reading by $by->[0]");
    problem_ok($s->call(POST => '/v1/test_clock/advance', { seconds => 60 }, key => $by->[1]), 403, 'forbidden', "advancing by $by->[0]");
}
SKIP: {
    skip 'a borrowed stack is not put into live mode', 4 if $ENV{BOXOFFICE_STACK};
    my $live = 'sk_live_' . 'a' x 52;
    $s->dbh->do(q{insert into app.credentials (hash, id, kind, role, org, name, created_at)
        values (sha256(?), gen_random_uuid(), 'key', 'admin', 0, 'live', now())}, undef, $live);
    problem_ok($s->call(GET => '/v1/test_clock', undef, key => $live), 401, 'unauthenticated', 'a live key, though it is stored, in a test installation');
    $s->stop('api');
    $s->{opt}{env}{BOXOFFICE_MODE} = 'live';
    $s->start('api');
    problem_ok($s->call(GET => '/v1/test_clock', undef, key => 'admin'), 401, 'unauthenticated', 'a test key in a live installation');
    problem_ok($s->call(GET => '/v1/test_clock', undef, key => $live), 404, 'not_found', 'a live installation\'s clock');
    problem_ok($s->call(POST => '/v1/test_clock/advance', { seconds => 60 }, key => $live), 404, 'not_found', 'moving it');
}

$s->books_ok;
done_testing;
