# Proves that a card number is refused wherever it stands in a body, and that
# no log, no file and no row holds it afterwards. By sending one number in many
# places, then searching every log and a dump of the whole database.
use strict;
use warnings;
use File::Find;
use Problem;
use Stack;
use Test::More;

my $s     = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_LOG_LEVEL => 'debug' });
my $shop  = $s->shop;
my $types = "/v1/events/$shop->{event}/ticket_types";
my $pan   = '4539578763621486';
my $amex  = '371449635398431';
my $plain = sub { $s->order_body($shop, { Floor => 1 }, @_) };
my $rows  = sub { $s->dbh->selectrow_array('select count(*) from app.orders') + $s->dbh->selectrow_array('select count(*) from app.ticket_types') };
my $before = $rows->();

# --- refused, wherever it stands -------------------------------------------------

my @places = (
    [ 'a field',                   $plain->(payment_token => $pan),                                     '/payment_token' ],
    [ 'a nested field',            $plain->(guest => { email => 'a@a.example', name => $pan }),         '/guest/name' ],
    [ 'metadata',                  $plain->(metadata => { note => $pan }),                              '/metadata/note' ],
    [ 'a key',                     $plain->(metadata => { $pan => 'x' }),                               '/metadata/(card data)' ],
    [ 'a field nobody knows',      $plain->(number => $pan),                                            '/number' ],
    [ 'a number',                  $plain->(metadata => { n => 0 + $pan }),                             '/metadata/n' ],
    [ 'a list',                    $plain->(metadata => { list => [ 'x', [$pan] ] }),                   '/metadata/list/1/0' ],
    [ 'blanks inside',             $plain->(promo_code => '4539 5787 6362 1486'),                       '/promo_code' ],
    [ 'hyphens inside',            $plain->(promo_code => '4539-5787-6362-1486'),                       '/promo_code' ],
    [ 'odd groups',                $plain->(promo_code => '45 39578763 621486'),                        '/promo_code' ],
    [ 'groups in a sentence',      $plain->(metadata => { note => 'my card: 4539 5787 6362 1486, 12/29' }), '/metadata/note' ],
    [ '15 digits',                 $plain->(access_code => $amex),                                      '/access_code' ],
    [ '15 digits grouped in text', $plain->(metadata => { note => 'amex 3714 496353 98431' }),          '/metadata/note' ],
    [ 'track 1',                   $plain->(metadata => { t => "%B$pan^GUEST/ADA^2912101" }),           '/metadata/t' ],
    [ 'track 2',                   $plain->(metadata => { t => ";$pan=29121010000?" }),                 '/metadata/t' ],
    [ 'the client\'s agent',       $plain->(client => { user_agent => $pan }),                          '/client/user_agent' ],
);
for my $case (@places) {
    my ($name, $body, $pointer) = @$case;
    my $got = $s->call(POST => '/v1/orders', $body);
    problem_ok($got, 400, 'card_data_refused', $name) and like($got->{json}{detail}, qr/^\Q$pointer\E holds/, "... told by its place $pointer");
    unlike($got->{body}, qr/\Q$pan\E|\Q$amex\E|621486/, '... and not repeated');
}
for my $call ([ POST => '/v1/quotes' ], [ POST => $types ], [ PATCH => "/v1/events/$shop->{event}" ], [ POST => '/v1/organizers' ], [ POST => '/v1/access_tokens' ]) {
    problem_ok($s->call(@$call, { name => $pan }), 400, 'card_data_refused', "@$call[0] @{[ $call->[1] =~ s/evt_\w+/{event}/r ]}");
}
problem_ok($s->call(POST => "/v1/orders/ord_$pan/pay", { payment_token => $pan }), 400, 'card_data_refused', 'paying with a number in place of a token');

# Bodies that are refused for another reason must not be repeated or logged either.
problem_ok($s->call(POST => '/v1/orders', "{\"payment_token\":\"$pan\",\"payment_token\":\"$pan\"}"), 400, 'invalid_json', 'a duplicate field');
problem_ok($s->call(POST => '/v1/orders', "{\"$pan\":1,\"$pan\":2}"), 400, 'invalid_json', 'a duplicate key that is a number');
problem_ok($s->call(POST => '/v1/orders', "{\"payment_token\":\"$pan\" oops"), 400, 'invalid_json', 'a malformed body');
problem_ok($s->call(POST => '/v1/orders', "payment_token=$pan", 'Content-Type' => 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type', 'a form');
problem_ok($s->call(POST => '/v1/orders', "{\"payment_token\":\"$pan\"}", key => undef), 401, 'unauthenticated', 'a stranger\'s body');
problem_ok($s->call(POST => '/v1/orders', "{\"payment_token\":\"$pan\"}" . ' ' x 70000), 413, 'body_too_large', 'a body too large');
problem_ok($s->call(POST => "/v1/events/$shop->{event}/publish", "{\"card\":\"$pan\"}"), 400, 'invalid_request', 'a body where none is taken');
is($s->call(GET => "/v1/events/4539-5787-6362-1486")->{status}, 404, 'a number in the path is no object');
is($s->call(GET => "/v1/events?status=$pan&x=$pan")->{status}, 400, 'a number in the query is refused');

# --- let pass: what only looks like it ----------------------------------------------

is($rows->(), $before, 'no order and no ticket type came of any of them');
my %harmless = (
    'a wrong check digit' => '4539578763621487',
    'another first digit' => '9539578763621480',
    'twelve digits'       => '453957876362',
    'a phone number'      => '+49 30 1234567',
);
for my $name (sort keys %harmless) {
    is($s->call(POST => '/v1/quotes', $plain->(metadata => { note => $harmless{$name} }))->{status}, 200, "$name passes");
}

# --- no trace -----------------------------------------------------------------------------

$s->call(POST => '/v1/quotes', $plain->(metadata => { note => 'SEARCH-FINDS-ME' }), 'Request-Id' => 'SEARCH-FINDS-ME');
my @forms = ($pan, '4539 5787 6362 1486', '4539-5787-6362-1486', '45 39578763 621486', $amex, '3714 496353 98431', '78763621486');
my (%found, $files);
my $look = sub {
    my ($where, $text) = @_;
    for my $form (@forms, 'SEARCH-FINDS-ME') { $found{$form} .= " $where" if index($text, $form) >= 0 }
};
$s->wait_until(3, sub { my $log = slurp($s->dir . '/log/access.log'); $log =~ /SEARCH-FINDS-ME/ });
find({ no_chdir => 1, wanted => sub { if (-f) { $files++; $look->($_, slurp($_)) } } }, map { $s->dir . "/$_" } qw(log tmp sandbox));
my ($user, $db, $host) = $s->{database_url} =~ m{//(\w+)@/(\w+)\?host=(.+)};
open my $dump, '-|', '/usr/lib/postgresql/15/bin/pg_dump', '-h', $host, '-U', 'postgres', $db or die "pg_dump: $!";
my $text = do { local $/; <$dump> };
ok(close $dump, 'the whole database is dumped');
like($text, qr/COPY app\.ticket_types/, '... with its rows');
$look->('the database', $text);
cmp_ok($files, '>=', 8, 'all logs are read');
ok(delete $found{'SEARCH-FINDS-ME'}, 'the search finds what is there');
is(join("\n", map { "$_ in$found{$_}" } sort keys %found), '', 'no log, no file and no row holds the number');

sub slurp { open my $in, '<:raw', $_[0] or return ''; local $/; return scalar <$in> // '' }

$s->books_ok;
done_testing;
