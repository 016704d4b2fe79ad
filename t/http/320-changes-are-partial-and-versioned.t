# Proves that a PATCH changes what it names and nothing else, that If-Match
# guards it, that ETags change with the object, and that fields which bind each
# other are checked together. By changing organizers, events and ticket types.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $shop = $s->shop(publish => 0);
my $type = "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}";
my %path = (organizer => "/v1/organizers/$shop->{organizer}", event => "/v1/events/$shop->{event}", ticket_type => $type);

# --- partial, versioned -------------------------------------------------------------

for my $object (sort keys %path) {
    my $path   = $path{$object};
    my $before = $s->call(GET => $path);
    my $etag   = $before->{headers}{etag};
    like($etag, qr/^"\d+"$/, "$object has an ETag");
    my $got = $s->call(PATCH => $path, { name => 'Renamed' });
    is($got->{status}, 200, '... is renamed');
    is_deeply($got->{json}, { %{ $before->{json} }, name => 'Renamed' }, '... and nothing else has changed');
    isnt($got->{headers}{etag}, $etag, '... but the ETag');
    is($s->call(GET => $path)->{headers}{etag}, $got->{headers}{etag}, '... which GET shows');
    is($s->call(GET => $path)->{body}, $got->{body}, '... with the same bytes');

    problem_ok($s->call(PATCH => $path, { name => 'Late' }, 'If-Match' => $etag), 412, 'etag_mismatch', "$object by its old ETag");
    is($s->call(PATCH => $path, { name => 'In time' }, 'If-Match' => $got->{headers}{etag})->{status}, 200, '... by its present one');
    is($s->call(PATCH => $path, { name => 'Any' }, 'If-Match' => '*')->{status}, 200, '... by a star');
    problem_ok($s->call(PATCH => $path, { name => 'X' }, 'If-Match' => $_), 412, 'etag_mismatch', "... by $_")
        for '"0"', '"999999"', '7', 'W/"1"', '"x"', '"99999999999999999999"', '"1", "2"';
    is($s->call(GET => $path)->{json}{name}, 'Any', '... and nothing else got through');
    my $empty = $s->call(PATCH => $path, {});
    is($empty->{status}, 200, 'a PATCH of nothing is answered');
    is($empty->{json}{name}, 'Any', '... and changes nothing');

    fields_ok($s->call(PATCH => $path, { name => '', colour => 1 }), { '/name' => 'out_of_range', '/colour' => 'unknown_field' }, "a bad PATCH of $object");
    fields_ok($s->call(PATCH => $path, { name => 'Half', id => 'x' }), { '/id' => 'unknown_field' }, 'an id can\'t be given');
    fields_ok($s->call(PATCH => $path, []), { '' => 'wrong_type' }, 'a list is no PATCH');
    is($s->call(GET => $path)->{json}{name}, 'Any', '... and the good half of it is not done');
}
my $org = $s->call(PATCH => $path{organizer}, { fee_plan => { fixed_amount => 70 } })->{json};
is_deeply($org->{fee_plan}, { percent_bps => 500, fixed_amount => 70, payer => 'guest' }, 'one member of a group changes alone');
my $event = $s->call(PATCH => $path{event}, { venue => { name => 'Other hall' } })->{json};
is_deeply($event->{venue}, { name => 'Other hall', address => '1 River Street', country => 'US', region => 'NY' }, '... of another group too');
fields_ok($s->call(PATCH => $path{organizer}, { fee_plan => 'none' }), { '/fee_plan' => 'wrong_type' }, 'a group that is no object');
fields_ok($s->call(PATCH => $path{event}, { status => 'on_sale' }), { '/status' => 'unknown_field' }, 'the status is moved by its own calls');
fields_ok($s->call(PATCH => $path{organizer}, { verification => { status => 'verified' } }), { '/verification' => 'unknown_field' }, 'verification too');
fields_ok($s->call(PATCH => $path{event}, { organizer => $shop->{organizer} }), { '/organizer' => 'unknown_field' }, 'an event stays its organizer\'s');

# --- eight changes at once ---------------------------------------------------------------

my $etag    = $s->call(GET => $path{event})->{headers}{etag};
my @answers = $s->parallel(8, sub { $s->call(PATCH => $path{event}, { name => "By $_[0]" }, 'If-Match' => $etag)->{status} });
is_deeply([ sort @answers ], [ 200, (412) x 7 ], 'of eight changes to one version one is made');

# --- currencies ------------------------------------------------------------------------------

my %event = (organizer => $shop->{organizer}, name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z');
problem_ok($s->call(POST => '/v1/events', { %event, currency => 'EUR' }), 400, 'currency_mismatch', 'a new event');
problem_ok($s->call(PATCH => $path{event}, { currency => 'EUR' }), 400, 'currency_mismatch', 'an event');
my %ticket = (name => 'T', price => 1, quantity => 1);
problem_ok($s->call(POST => "$path{event}/ticket_types", { %ticket, currency => 'EUR' }), 400, 'currency_mismatch', 'a new ticket type');
problem_ok($s->call(PATCH => $type, { currency => 'EUR' }), 400, 'currency_mismatch', 'a ticket type');
problem_ok($s->call(PATCH => $path{organizer}, { currency => 'EUR' }), 400, 'currency_mismatch', 'an organizer that has events');
is($s->call(POST => "$path{event}/ticket_types", { %ticket, currency => 'USD' })->{json}{currency}, 'USD', 'the same currency may be repeated');
my $young = $s->must(POST => '/v1/organizers', { name => 'Y', email => 'y@y.example', country => 'DE', currency => 'USD' });
is($s->call(PATCH => "/v1/organizers/$young->{id}", { currency => 'EUR' })->{json}{currency}, 'EUR', 'before its first event an organizer may change it');

# --- fields that bind each other ---------------------------------------------------------------

my %refused = (
    'ends before it starts'      => [ POST => '/v1/events', { %event, ends_at => '2031-01-01T09:00:00Z' }, '/ends_at' ],
    'ends as it starts'          => [ POST => '/v1/events', { %event, ends_at => $event{starts_at} }, '/ends_at' ],
    'moved behind its end'       => [ PATCH => $path{event}, { starts_at => '2100-01-01T00:00:00Z' }, '/ends_at' ],
    'a zone nobody knows'        => [ POST => '/v1/events', { %event, time_zone => 'Mars/Olympus' }, '/time_zone' ],
    'an organizer\'s zone'       => [ PATCH => $path{organizer}, { time_zone => 'Mars/Olympus' }, '/time_zone' ],
    'inclusive tax on fees'      => [ POST => '/v1/events', { %event, tax => { inclusive => JSON::PP::true, on_fees => JSON::PP::true } }, '/tax/on_fees' ],
    'more at least than at most' => [ POST => "$path{event}/ticket_types", { %ticket, min_per_order => 5, max_per_order => 4 }, '/max_per_order' ],
    'raised above the most'      => [ PATCH => $type, { min_per_order => 11 }, '/max_per_order' ],
    'a window that ends first'   => [ POST => "$path{event}/ticket_types", { %ticket, sales_start_at => '2030-01-02T00:00:00Z',
        sales_end_at => '2030-01-01T00:00:00Z' }, '/sales_end_at' ],
);
for my $name (sort keys %refused) {
    my ($method, $path, $body, $pointer) = @{ $refused{$name} };
    my $got = $s->call($method => $path, $body);
    problem_ok($got, 400, 'invalid_request', $name);
    is_deeply([ map { $_->{pointer} } @{ $got->{json}{errors} || [] } ], [$pointer], "... naming $pointer") or diag($got->{body});
}
is($s->call(PATCH => $type, { min_per_order => 2, max_per_order => 2 })->{status}, 200, 'exactly two a buyer');
is($s->call(PATCH => $type, { sales_start_at => '2026-01-01T02:00:00+02:00' })->{json}{sales_start_at}, '2026-01-01T00:00:00Z', 'times are shown in UTC');
is($s->call(PATCH => $type, { sales_start_at => undef })->{json}{sales_start_at}, undef, 'null clears what may be empty');
fields_ok($s->call(PATCH => $type, { map { $_ => undef } qw(name price currency max_per_order hidden) }),
    { map { $_ => 'wrong_type' } qw(/name /price /currency /max_per_order /hidden) }, '... and nothing that may not');
is($s->call(PATCH => $path{event}, { time_zone => undef })->{status}, 200, '... while an event keeps its zone');
problem_ok($s->call(POST => '/v1/events', { %event, organizer => $shop->{organizer} =~ s/..$/00/r }), 404, 'not_found', 'an event for an organizer that is not there');
problem_ok($s->call(POST => "/v1/events/@{[ $shop->{event} =~ s/..$/00/r ]}/ticket_types", \%ticket), 404, 'not_found', 'a ticket type of no event');

$s->books_ok;
done_testing;
