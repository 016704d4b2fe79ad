# Proves that only a live credential of this installation is let in, that it is
# refused from the moment it is revoked or expires, and that its secret is
# stored nowhere. By every way of getting Authorization wrong, and keys made for it.
use strict;
use warnings;
use POSIX ();
use Problem;
use Stack;
use Test::More;
use Time::HiRes qw(sleep);

my $s    = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_AUTH_PER_MINUTE => 100000 });
my $shop = $s->shop;
my $make = sub { my (%more) = @_; return $s->must(POST => '/v1/api_keys', { role => 'platform', name => 'tester', %more }, key => 'admin') };
my $try  = sub { my ($authorization, $path) = @_; return $s->call(GET => $path // '/v1/events', undef, key => undef, Authorization => $authorization) };
my $good = $s->platform_key;
my $at   = sub { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) };

# --- wrong in form, or unknown -----------------------------------------------------

my $got = $try->(undef);
problem_ok($got, 401, 'unauthenticated', 'no Authorization');
is($got->{headers}{'www-authenticate'}, 'Bearer', '... and told which scheme');
my @wrong = (
    [ 'the scheme alone',        'Bearer' ],
    [ 'nothing behind it',       'Bearer ' ],
    [ 'no scheme',               $good ],
    [ 'another scheme',          "Basic $good" ],
    [ 'no blank',                "Bearer$good" ],
    [ 'two keys',                "Bearer $good $good" ],
    [ 'a list',                  "Bearer $good, Bearer $good" ],
    [ 'quotes',                  "Bearer \"$good\"" ],
    [ 'its last letter changed', 'Bearer ' . substr($good, 0, -1) . (substr($good, -1) eq 'a' ? 'b' : 'a') ],
    [ 'its last letter missing', 'Bearer ' . substr $good, 0, -1 ],
    [ 'a letter more',           "Bearer ${good}a" ],
    [ 'capitals',                'Bearer ' . uc $good ],
    [ 'a live key here',         'Bearer ' . $good =~ s/sk_test_/sk_live_/r ],
    [ 'a token in its place',    'Bearer ' . $good =~ s/sk_test_/at_/r ],
    [ 'no prefix',               'Bearer ' . $good =~ s/sk_test_//r ],
    [ '8 KB',                    'Bearer sk_test_' . 'x' x 7000 ],
    [ 'a quote for SQL',         "Bearer sk_test_' or 1=1 --" ],
);
problem_ok($try->($_->[1]), 401, 'unauthenticated', $_->[0]) for @wrong;
is($try->("bearer  $good")->{status}, 200, 'the scheme in small letters and two blanks are let pass');
problem_ok($s->call(POST => '/v1/organizers', '{ not json', key => undef), 401, 'unauthenticated', 'told before the body is read');
for my $twice ("Authorization: Bearer $good\r\nAuthorization: Bearer $good", "Authorization: Bearer sk_test_x\r\nAuthorization: Bearer $good",
    "Authorization: Bearer $good\r\nAuthorization: Bearer sk_test_x") {
    my $answer = wire_answer($s->wire("GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n$twice\r\n\r\n"));
    is($answer->{status}, 400, 'Authorization sent twice is refused, whichever is good');
}

# --- a key made, used, revoked --------------------------------------------------------

my $key = $make->();
like($key->{id},  qr/^key_[0-9a-z]{26}$/,    'a new key has an id');
like($key->{key}, qr/^sk_test_[0-9a-z]{52}$/, '... a secret that nobody guesses');
is_deeply([ @$key{qw(object role name expires_at)} ], [ 'api_key', 'platform', 'tester', undef ], '... and is what was asked for');
is($try->("Bearer $key->{key}")->{status}, 200, 'it is let in');
is($s->call(DELETE => "/v1/api_keys/$key->{id}", undef, key => 'admin')->{json}{deleted}, JSON::PP::true, 'revoked');
problem_ok($try->("Bearer $key->{key}"), 401, 'unauthenticated', 'a revoked key, at once') for 1 .. 3;
problem_ok($s->call(DELETE => "/v1/api_keys/$key->{id}", undef, key => 'admin'), 404, 'not_found', 'revoking it again');
problem_ok($s->call(DELETE => "/v1/access_tokens/$key->{id}", undef, key => 'admin'), 404, 'not_found', 'a key is no token');

# --- expiry, by the wall clock ------------------------------------------------------------

my $short = $make->(expires_at => $at->(2));
is($try->("Bearer $short->{key}")->{status}, 200, 'a key that expires in 2 s is let in');
my $token = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer}, ttl_seconds => 1 });
is($try->("Bearer $token->{token}")->{status}, 200, 'a token of one second is let in');
my $day = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer}, ttl_seconds => 86400 });
$s->advance_clock(90000);
is($try->("Bearer $day->{token}")->{status}, 200, 'the test clock does not age credentials');
ok($s->wait_until(4, sub { $try->("Bearer $token->{token}")->{status} == 401 }), 'the token expires');
ok($s->wait_until(4, sub { $try->("Bearer $short->{key}")->{status} == 401 }),   'the key expires');
my $past = $s->call(POST => '/v1/api_keys', { role => 'platform', name => 'late', expires_at => $at->(-60) }, key => 'admin');
ok($past->{status} == 400 || $try->("Bearer $past->{json}{key}")->{status} == 401, 'a key that expires in the past lets nobody in');

# --- scopes ----------------------------------------------------------------------------------

my %route = (catalog => [ GET => '/v1/events' ], orders => [ GET => '/v1/orders' ], ledger => [ GET => '/v1/ledger/entries' ],
    access => [ DELETE => '/v1/access_tokens/att_0' ], operations => [ GET => '/v1/test_clock' ]);
for my $scope (sort keys %route) {
    my $one = $make->(role => 'admin', scopes => [$scope]);
    is_deeply($one->{scopes}, [$scope], "a key of the scope $scope");
    my %status = map { $_ => $s->call(@{ $route{$_} }, undef, key => $one->{key})->{status} } keys %route;
    is_deeply(\%status, { map { $_ => $_ ne $scope ? 403 : $_ eq 'access' ? 404 : 200 } keys %route }, '... may do only that');
}
is_deeply($make->()->{scopes}, [qw(catalog orders ledger access operations)], 'without a list it has all that its role has');
fields_ok($s->call(POST => '/v1/api_keys', { role => 'platform', name => 'x', scopes => ['everything'] }, key => 'admin'), { '/scopes' => 'unknown_value' },
    'a scope nobody knows');
fields_ok($s->call(POST => '/v1/api_keys', { role => 'platform', name => 'x', scopes => $_ }, key => 'admin'), { '/scopes' => 'wrong_type' }, 'scopes that are no list')
    for [], 'catalog', {};

# --- what a key must be --------------------------------------------------------------------

fields_ok($s->call(POST => '/v1/api_keys', {}, key => 'admin'), { '/role' => 'missing', '/name' => 'missing' }, 'an empty key');
fields_ok($s->call(POST => '/v1/api_keys', { role => 'guest', name => 'x' x 101, expires_at => 'never', organizer => 'evt_1', admin => 1 }, key => 'admin'),
    { '/role' => 'unknown_value', '/name' => 'out_of_range', '/expires_at' => 'out_of_range', '/organizer' => 'wrong_type', '/admin' => 'unknown_field' },
        'a key of bad fields');
fields_ok($s->call(POST => '/v1/api_keys', { role => 'organizer', name => 'x' }, key => 'admin'), { '/organizer' => 'missing' }, 'an organizer\'s key for nobody');
fields_ok($s->call(POST => '/v1/api_keys', { role => 'platform', name => 'x', organizer => $shop->{organizer} }, key => 'admin'),
    { '/organizer' => 'unknown_value' }, 'a platform\'s key for one organizer');
for my $digit (16, 25) {    # of the organizer's number, and of the random bits behind it
    my $foreign = $shop->{organizer};
    substr $foreign, 4 + $digit, 1, substr($foreign, 4 + $digit, 1) eq 'k' ? 'm' : 'k';
    problem_ok($s->call(POST => '/v1/api_keys', { role => 'organizer', name => 'x', organizer => $foreign }, key => 'admin'), 404, 'not_found',
        "for nobody: digit $digit differs");
    problem_ok($s->call(GET => "/v1/organizers/$foreign"), 404, 'not_found', '... whom nobody can read either');
}

# --- stored nowhere ------------------------------------------------------------------------------

my @secrets = ($good, $s->admin_key, $key->{key}, $token->{token}, $day->{token});
my $dump = join "\n", map { join ' ', map { $_ // '' } @$_ } map { @{ $s->dbh->selectall_arrayref("select * from $_") } } qw(app.credentials ops.audit ops.outbox);
my $logs = join '', map { open my $in, '<', $_ or die; local $/; <$in> // '' } glob $s->dir . '/log/*.log';
is(scalar(grep { index($dump, $_) >= 0 || index($dump, substr $_, 8) >= 0 } @secrets), 0, 'no secret is in the database');
is(scalar(grep { index($logs, $_) >= 0 || index($logs, substr $_, 8) >= 0 } @secrets), 0, 'no secret is in a log');

$s->books_ok;
done_testing;
