# Proves that JSON which is malformed, too deep, ambiguous or of wrong types is
# refused with the reason, changes nothing and leaves the worker alive. By
# sending each to routes that would write, then comparing rows and pids.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;

my $s       = Stack->up(pay => 1, hook => 1, api => 2);
my $shop    = $s->shop;
my $types   = "/v1/events/$shop->{event}/ticket_types";
my @workers = $s->workers('api');
is(scalar @workers, 2, 'two workers') unless $ENV{BOXOFFICE_STACK};

my $rows = sub { join ' ', $s->dbh->selectrow_array(q{select (select count(*) from app.organizers), (select count(*) from app.ticket_types),
    (select count(*) from ops.audit), (select count(*) from ops.idempotency)}) };
my $before = $rows->();

# --- bytes that are no JSON object -------------------------------------------

my $good = '"email":"a@a.example","country":"US","currency":"USD"';
my $deep = sub { my $n = shift; '{"name":' . '[' x $n . ']' x $n . '}' };
my @bad = (
    [ 'empty',                   '',                                       'empty' ],
    [ 'blanks',                  " \r\n\t ",                               'empty' ],
    [ 'truncated',               '{"name":"A",' . substr($good, 0, 20),    'byte' ],
    [ 'truncated text',          '{"name":"A',                             'byte' ],
    [ 'two values',              '{} {}',                                  'byte' ],
    [ 'a comma too many',        '{"name":"A",}',                          'byte' ],
    [ 'single quotes',           q({'name':'A'}),                          'byte' ],
    [ 'a comment',               '{"name":"A"/* */}',                      'byte' ],
    [ 'NaN',                     '{"name":NaN}',                           'byte' ],
    [ 'a leading zero',          '{"name":01}',                            'byte' ],
    [ 'a duplicate key',         "{\"name\":\"A\",\"name\":\"B\",$good}",  'duplicate key "name"' ],
    [ 'a duplicate nested key',  '{"fee_plan":{"payer":"guest","payer":"guest"}}', '/fee_plan' ],
    [ 'a duplicate escaped key', '{"name":1,"n\u0061me":2}',               'duplicate key "name"' ],
    [ 'an escaped NUL',          "{\"name\":\"A\\u0000B\",$good}",         'NUL' ],
    [ 'a raw NUL',               "{\"name\":\"A\0B\",$good}",              'byte' ],
    [ 'a lone high surrogate',   "{\"name\":\"\\ud83d\",$good}",           'lone surrogate' ],
    [ 'a lone low surrogate',    "{\"name\":\"\\ude00x\",$good}",          'lone surrogate' ],
    [ 'an encoded surrogate',    "{\"name\":\"\xed\xa0\x80\",$good}",      'UTF-8' ],
    [ 'overlong UTF-8',          "{\"name\":\"\xc0\xaf\",$good}",          'UTF-8' ],
    [ 'Latin-1',                 "{\"name\":\"Stra\xdfe\",$good}",         'UTF-8' ],
    [ 'a byte-order mark',       "\xef\xbb\xbf{$good}",                    'byte-order' ],
    [ 'UTF-16',                  join('', map { "$_\0" } split //, '{"name":"A"}'), 'byte' ],
    [ '33 levels',               $deep->(32),                              'deeper than 32' ],
    [ '30,000 levels',           $deep->(30000),                           'deeper than 32' ],
    [ '60,000 open brackets',    '[' x 60000,                              'deeper than 32' ],
    [ '30,000 values',           '{"name":[' . '1,' x 30000 . '1]}',       'values' ],
);
for my $case (@bad) {
    my ($name, $bytes, $says) = @$case;
    my $got = $s->call(POST => '/v1/organizers', $bytes);
    problem_ok($got, 400, 'invalid_json', $name) and like($got->{json}{detail}, qr/\Q$says/, '... and says so');
}

for my $root ('[]', '[{}]', '"text"', '12', 'true', 'null') {
    fields_ok($s->call(POST => '/v1/organizers', $root), { '' => 'wrong_type' }, "$root as the root");
}
fields_ok($s->call(POST => '/v1/organizers', $deep->(31)),
    { '/name' => 'wrong_type', map { ("/$_" => 'missing') } qw(email country currency) }, '32 levels are read');

# --- content types -----------------------------------------------------------

for my $type ('text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/jsonp', 'application/problem+json', '') {
    problem_ok($s->call(POST => '/v1/organizers', "{\"name\":\"A\",$good}", 'Content-Type' => $type), 415, 'unsupported_media_type', "'$type'");
}
for my $type ('application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;x=y') {
    fields_ok($s->call(POST => '/v1/organizers', '{}', 'Content-Type' => $type),
        { map { ("/$_" => 'missing') } qw(name email country currency) }, "$type is read");
}

# --- wrong types: every kind of value where another is meant ------------------

my %value = (integer => '7', text => '"7"', float => '7.0', exponent => '7e0', minus_zero => '-0', true => 'true', array => '[7]', object => '{"a":7}');
my %meant = (
    price         => { integer => 1 },
    name          => { text    => 1 },
    hidden        => { true    => 1 },
    max_per_order => { integer => 1 },
);
for my $field (sort keys %meant) {
    my %body = (name => '"A"', price => '5000', quantity => '10');
    for my $kind (grep { !$meant{$field}{$_} } sort keys %value) {
        my %sent = (%body, $field => $value{$kind});
        my $json = '{' . join(',', map { "\"$_\":$sent{$_}" } sort keys %sent) . '}';
        fields_ok($s->call(POST => $types, $json), { "/$field" => 'wrong_type' }, "$value{$kind}");
    }
}
for my $time ('"soon"', '"2031-02-30T00:00:00Z"', '"2031-01-01 00:00:00Z"', '"2031-01-01"', '"2031-01-01T24:00:00Z"', '"2031-01-01T00:00:00"') {
    fields_ok($s->call(POST => $types, qq({"name":"A","price":1,"quantity":1,"sales_start_at":$time})), { '/sales_start_at' => 'out_of_range' }, $time);
}
fields_ok($s->call(POST => $types, '{"name":"A","price":1,"quantity":1,"sales_start_at":7}'), { '/sales_start_at' => 'wrong_type' }, 'a number as a time');

# --- integers: exact, whole, within their range --------------------------------

for my $price (-1, '1000000000001', '9223372036854775807', '9223372036854775808', '-9223372036854775809', '1' . '0' x 400) {
    fields_ok($s->call(POST => $types, qq({"name":"A","price":$price,"quantity":1})), { '/price' => 'out_of_range' },
        length $price > 30 ? 'a number of 401 digits' : $price);
}
for my $price ('5000.00', '5000.5', '5e3', '5E+3', '0.1e5', '1e400') {
    fields_ok($s->call(POST => $types, qq({"name":"A","price":$price,"quantity":1})), { '/price' => 'wrong_type' }, "$price as an amount");
}
for my $text ("a\\u0007b", 'a\tb', "\xc2\x85") {
    fields_ok($s->call(POST => $types, qq({"name":"$text","price":1,"quantity":1})), { '/name' => 'out_of_range' }, 'a control character in a text');
}

# --- nothing happened; everything lives -----------------------------------------

is($rows->(), $before, 'no organizer, ticket type, audit row or key came of it');
is("@{[ sort { $a <=> $b } $s->workers('api') ]}", "@{[ sort { $a <=> $b } @workers ]}", 'the same workers serve');

my $largest = $s->call(POST => $types, '{"name":"Grüße 😀","price":1000000000000,"quantity":10000000}');
is($largest->{status}, 201, 'the largest amount and quantity are taken');
like($largest->{body}, qr/"price":1000000000000,.*"quantity":10000000\b/, '... and shown digit by digit');
is($largest->{json}{name}, decode_json('["Grüße 😀"]')->[0], '... with the text as it was sent');

$s->books_ok;
done_testing;
