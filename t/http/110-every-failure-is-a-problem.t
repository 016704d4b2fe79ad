# Proves that whatever goes wrong is answered as RFC 9457 problem+json with the
# members, title and retryability of err.def, and names every bad field at once.
# By provoking failures in workers and in nginx, one of each status.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $shop = $s->shop(publish => 0);
my $org  = $s->must(POST => '/v1/organizers', { name => 'New', email => 'n@new.example', country => 'US', currency => 'USD' });
my $unverified = $s->must(POST => '/v1/events', { organizer => $org->{id}, name => 'Early', starts_at => '2031-01-01T10:00:00Z',
    ends_at => '2031-01-01T12:00:00Z' });

# --- one of each status, by the workers --------------------------------------

my @refused = (
    [ 400, 'invalid_json',             'a body that is no JSON',        POST => '/v1/organizers', '{' ],
    [ 400, 'invalid_request',          'a missing field',               POST => "/v1/events/$shop->{event}/ticket_types", { name => 'X', price => 1 } ],
    [ 400, 'card_data_refused',        'a card number',                 POST => '/v1/organizers', { name => '4111 1111 1111 1111' } ],
    [ 400, 'idempotency_key_required', 'an order without a key',        POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }), idem => undef ],
    [ 400, 'currency_mismatch',        'an event in another currency',  POST => '/v1/events', { organizer => $org->{id}, name => 'E',
        starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z', currency => 'EUR' } ],
    [ 401, 'unauthenticated',          'no credential',                 GET => '/v1/events', undef, key => undef ],
    [ 403, 'forbidden',                'a call of another role',        POST => '/v1/api_keys', { role => 'admin', name => 'x' } ],
    [ 404, 'not_found',                'no such object',                GET => '/v1/events/evt_00000000000000000000000000' ],
    [ 404, 'not_found',                'no such path below /v1',        GET => '/v1/nothing' ],
    [ 405, 'method_not_allowed',       'another method',                DELETE => '/v1/events' ],
    [ 409, 'organizer_not_verified',   'publishing too early',          POST => "/v1/events/$unverified->{id}/publish", {} ],
    [ 412, 'etag_mismatch',            'an old version',                PATCH => "/v1/events/$shop->{event}", { name => 'X' }, 'If-Match' => '"7"' ],
    [ 415, 'unsupported_media_type',   'a form',                        POST => '/v1/organizers', 'a=b', 'Content-Type' => 'application/x-www-form-urlencoded' ],
);
for my $case (@refused) {
    my ($status, $code, $name, @call) = @$case;
    problem_ok($s->call(@call), $status, $code, $name);
}
my $key = Stack::random_key();
$s->must(POST => '/v1/organizers', { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' }, idem => $key);
problem_ok($s->call(POST => '/v1/organizers', { name => 'B', email => 'a@a.example', country => 'US', currency => 'USD' }, idem => $key),
    422, 'idempotency_key_reused', 'one key for two requests');

# --- by nginx itself ---------------------------------------------------------

problem_ok($s->call(GET => '/nothing'), 404, 'not_found', 'no such path');
problem_ok($s->call(GET => '/v1'), 404, 'not_found', '/v1 alone');
problem_ok($s->call(POST => '/v1/organizers', 'x' x 65537), 413, 'body_too_large', 'more than 64 KiB');
for my $raw (
    [ 400, 'invalid_request', 'a head that is not HTTP', "GET /v1/events HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n" ],
    [ 400, 'invalid_request', 'no Host',                 "GET /v1/events HTTP/1.1\r\n\r\n" ],
    [ 400, 'invalid_request', 'two lengths',             "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}" ],
    [ 400, 'invalid_request', 'length and chunks',       "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}" ],
    )
{
    my ($status, $code, $name, $bytes) = @$raw;
    problem_ok(wire_answer($s->wire($bytes)), $status, $code, $name);
}
my $long = $s->call(GET => '/v1/events?x=' . 'y' x 9000);
is("$long->{status} $long->{json}{code}", '414 uri_too_long', 'an address of 9 KB is refused as a problem');
my $heads = $s->call(GET => '/v1/events', undef, 'X-Long' => 'y' x 9000);
is("$heads->{status} $heads->{json}{code}", '431 headers_too_large', 'a header of 9 KB is refused as a problem');

# --- every bad field at once -------------------------------------------------

fields_ok(
    $s->call(POST => '/v1/organizers', {
        name => '', country => 'usa', currency => 'XXX', time_zone => 7, colour => 'red', 'a/b~c' => 1,
        fee_plan      => { percent_bps => 10001, payer => 'nobody', extra => 1 },
        payout_policy => [], refund_policy => { refund_fees => 'yes' },
    }),
    {   '/name' => 'out_of_range', '/email' => 'missing', '/country' => 'out_of_range', '/currency' => 'unknown_value',
        '/time_zone' => 'wrong_type', '/colour' => 'unknown_field', '/a~1b~0c' => 'unknown_field',
        '/fee_plan/percent_bps' => 'out_of_range', '/fee_plan/payer' => 'unknown_value', '/fee_plan/extra' => 'unknown_field',
        '/payout_policy' => 'wrong_type', '/refund_policy/refund_fees' => 'wrong_type',
    },
    'all five codes, nested and escaped pointers');
fields_ok($s->call(POST => '/v1/orders', { items => [ { quantity => 1 }, { ticket_type => 'evt_1', quantity => 0 }, 5 ], guest => { email => 'nobody' } }),
    {   '/event' => 'missing', '/items/0/ticket_type' => 'missing', '/items/1/ticket_type' => 'wrong_type',
        '/items/1/quantity' => 'out_of_range', '/items/2' => 'wrong_type', '/guest/email' => 'out_of_range', '/guest/name' => 'missing',
    },
    'elements of a list by their number');
fields_ok($s->call(GET => '/v1/events?limit=0&cursor=zz&colour=red&status=open&organizer=evt_1'),
    { '?limit' => 'out_of_range', '?cursor' => 'out_of_range', '?colour' => 'unknown_field', '?status' => 'unknown_value', '?organizer' => 'wrong_type' },
    'query parameters');

my $many = $s->call(POST => '/v1/organizers', { map { ("field_$_" => 1) } 1 .. 3000 });
problem_ok($many, 400, 'invalid_request', '3,000 unknown fields');
cmp_ok(length $many->{body}, '<', 16384, '... in an answer of bounded size');
like($many->{json}{detail}, qr/^3004 fields/, '... which says how many there are');

$s->books_ok;
done_testing;
