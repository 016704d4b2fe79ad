# Proves that an Idempotency-Key gives one effect and its first answer byte for
# byte, is bound to method, path and body, and is scoped to the principal. By
# repeating every honoured POST but orders, with counted rows.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 3);
my $shop = $s->shop(publish => 0);
my $org  = { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' };
my $rows = sub { $s->dbh->selectrow_array('select (select count(*) from ops.audit) + (select count(*) from app.guests)') };

# --- every honoured POST ----------------------------------------------------------

my %dates = (starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z');
my @posts = (
    [ 201, '/v1/organizers', $org ],
    [ 200, "/v1/organizers/$shop->{organizer}/verification", { status => 'verified' }, 'admin' ],
    [ 201, '/v1/events', { organizer => $shop->{organizer}, name => 'E', %dates } ],
    [ 201, "/v1/events/$shop->{event}/ticket_types", { name => 'T', price => 1, quantity => 1 } ],
    [ 200, "/v1/events/$shop->{event}/publish", undef ],
    [ 200, "/v1/events/$shop->{event}/pause", undef ],
    [ 201, '/v1/api_keys', { role => 'platform', name => 'k' }, 'admin' ],
    [ 201, '/v1/access_tokens', { email => 'g@g.example', name => 'G' } ],
);
for my $post (@posts) {
    my ($status, $path, $body, $by) = @$post;
    my $key   = Stack::random_key();
    my @call  = (POST => $path, $body, idem => $key, key => $by // 'platform');
    my $name  = $path =~ s/(org|evt)_\w+/{$1}/r;
    my $first = $s->call(@call);
    is($first->{status}, $status, "$name is done") or diag($first->{body});
    is($first->{headers}{'idempotent-replayed'}, undef, '... and is no replay');
    my $before = $rows->();
    my $second = $s->call(@call);
    is_deeply([ $second->{status}, $second->{body} ], [ $first->{status}, $first->{body} ], '... again: the same bytes');
    is($second->{headers}{'idempotent-replayed'}, 'true', '... marked as a replay');
    is($rows->(), $before, '... and nothing done');
    problem_ok($s->call(POST => $path, { %{ $body || {} }, name => 'Other' }, idem => $key, key => $by // 'platform'),
        $body ? (422, 'idempotency_key_reused') : (400, 'invalid_request'), 'another body') if $path !~ /verification/;
}

# --- bound to method, path, query and body -------------------------------------------

my $key = Stack::random_key();
my $first = $s->call(POST => '/v1/organizers', $org, idem => $key);
my $text  = $first->{body};
problem_ok($s->call(POST => '/v1/access_tokens', { email => 'g@g.example', name => 'G' }, idem => $key), 422, 'idempotency_key_reused', 'another path');
problem_ok($s->call(POST => '/v1/organizers?x=1', $org, idem => $key), 422, 'idempotency_key_reused', 'another query');
problem_ok($s->call(POST => '/v1/organizers', '{"name":"A", "email":"a@a.example","country":"US","currency":"USD"}', idem => $key),
    422, 'idempotency_key_reused', 'other bytes of the same meaning');
is($s->call(POST => '/v1/organizers', $org, idem => $key)->{body}, $text, 'none of them changed what the key answers');
is($s->call(GET => "/v1/organizers/$first->{json}{id}", undef, 'Idempotency-Key' => $key)->{status}, 200, 'a GET does not look at it');

# --- its form ----------------------------------------------------------------------------

my $quoted = Stack::random_key();
$first = $s->call(POST => '/v1/organizers', $org, idem => "\"$quoted\"");
is($s->call(POST => '/v1/organizers', $org, idem => $quoted)->{body}, $first->{body}, 'quotes around a key are not part of it');
for my $good ('a', 'K' x 255, 'with blank: and ~') {
    is($s->call(POST => '/v1/organizers', $org, idem => $good)->{status}, 201, length($good) . ' printable characters are a key');
}
fields_ok($s->call(POST => '/v1/organizers', $org, idem => 'K' x 256), { 'Idempotency-Key' => 'out_of_range' }, '256 characters');
my $raw = sub {
    my $body = '{"name":"A","email":"a@a.example","country":"US","currency":"USD"}';
    return wire_answer($s->wire("POST /v1/organizers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        . $s->platform_key . "\r\nContent-Length: " . length($body) . "\r\n$_[0]\r\n\r\n$body"));
};
fields_ok($raw->("Idempotency-Key: gr\xc3\xbcn"), { 'Idempotency-Key' => 'out_of_range' }, 'letters that are not ASCII');
fields_ok($raw->("Idempotency-Key: a\tb"), { 'Idempotency-Key' => 'out_of_range' }, 'a tab');
problem_ok($raw->("Idempotency-Key: k1\r\nIdempotency-Key: k2"), 400, 'invalid_request', 'two keys');
is($raw->('Idempotency-Key: ""')->{status}, 201, 'empty quotes are no key where none is needed');

# --- a refusal does not use it up ----------------------------------------------------------

$key = Stack::random_key();
problem_ok($s->call(POST => '/v1/organizers', { %$org, currency => 'XXX' }, idem => $key), 400, 'invalid_request', 'a bad field');
is($s->call(POST => '/v1/organizers', $org, idem => $key)->{status}, 201, '... leaves the key free');
my $draft = $s->must(POST => '/v1/events', { organizer => $s->must(POST => '/v1/organizers', $org)->{id}, name => 'E', %dates });
problem_ok($s->call(POST => "/v1/events/$draft->{id}/publish", undef, idem => 'too-early'), 409, 'organizer_not_verified', 'a conflict');
$s->must(POST => "/v1/organizers/$draft->{organizer}/verification", { status => 'verified' }, key => 'admin');
is($s->call(POST => "/v1/events/$draft->{id}/publish", undef, idem => 'too-early')->{json}{status}, 'on_sale', '... leaves it free too');

# --- scope: the principal ---------------------------------------------------------------------

my $second_key = $s->must(POST => '/v1/api_keys', { role => 'platform', name => 'second' }, key => 'admin')->{key};
my $seller     = sub { $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $_[0], name => 's' }, key => 'admin')->{key} };
my ($seller_1, $seller_2, $seller_other) = ($seller->($shop->{organizer}), $seller->($shop->{organizer}), $seller->($draft->{organizer}));
my $type = sub { $s->call(POST => "/v1/events/$shop->{event}/ticket_types", { name => 'S', price => 1, quantity => 1 }, idem => 'scope', key => $_[0]) };
my $by_platform = $type->('platform');
is($type->($second_key)->{body}, $by_platform->{body}, 'two keys of the platform are one principal');
my $by_seller = $type->($seller_1);
is($by_seller->{status}, 201, 'an organizer with the same key');
isnt($by_seller->{json}{id}, $by_platform->{json}{id}, '... is another principal');
is($type->($seller_2)->{body}, $by_seller->{body}, '... whose two keys are one');
my $token = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer} })->{token};
is($type->($token)->{body}, $by_seller->{body}, '... and whose access token is the same one');
problem_ok($type->($seller_other), 404, 'not_found', 'another organizer gets neither effect nor answer');
is($s->call(POST => '/v1/events', { name => 'O', %dates }, idem => 'scope', key => $seller_other)->{status}, 201, '... and may use that key itself');
my @guests = map { $s->must(POST => '/v1/access_tokens', { email => "$_\@g.example", name => $_ })->{token} } qw(ada bob);
$s->must(POST => "/v1/events/$shop->{event}/publish");
my @quotes = map { $s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }), idem => 'scope', key => $_) } @guests, $guests[0];
is_deeply([ map { $_->{status} } @quotes ], [ 200, 200, 200 ], 'two guests with the same key') or diag($quotes[1]{body});
isnt($quotes[1]{json}{id}, $quotes[0]{json}{id}, '... are two principals');
is($quotes[2]{body}, $quotes[0]{body}, '... each of whom gets its own first answer');

# --- eight at once -------------------------------------------------------------------------------

my $before = $s->dbh->selectrow_array('select count(*) from app.organizers');
$key = Stack::random_key();
my @answers = $s->parallel(8, sub { my $got = $s->call(POST => '/v1/organizers', $org, idem => $key); return [ @$got{qw(status body)},
    $got->{headers}{'retry-after'} ] });
my @done = grep { $_->[0] == 201 } @answers;
cmp_ok(scalar @done, '>=', 1, 'of eight at once some are answered 201');
is(join(' ', grep { $_->[0] != 201 && !($_->[0] == 409 && $_->[1] =~ /idempotency_in_progress/ && ($_->[2] // 0) == 1) } @answers), '',
    '... the others 409 with Retry-After');
is(scalar(keys %{ { map { $_->[1] => 1 } @done } }), 1, '... all with the same bytes');
is($s->dbh->selectrow_array('select count(*) from app.organizers'), $before + 1, '... and one organizer is made');

my $stored = $s->dbh->selectall_arrayref('select answer from ops.idempotency');
is(scalar(grep { index($_->[0], 'a@a.example') >= 0 } @$stored), 0, 'stored answers are sealed');

$s->books_ok;
done_testing;
