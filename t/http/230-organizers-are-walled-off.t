# Proves that an organizer, by key or token, and a guest reach nothing of
# another one: its objects are 404, lists leave them out, nothing of it changes.
# By calling every route with an id of route.def's kinds that belongs to the neighbour.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;

my $s = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_TOKEN_PER_SECOND => 100000, BOXOFFICE_RATE_PAY_PER_MINUTE => 100000 });
my %own = house('own');
my %their = house('their');

sub house {
    my ($name) = @_;
    my $shop  = $s->shop(organizer => { name => $name });
    my $guest = { guest => { email => "$name\@guest.example", name => $name } };
    my $paid  = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa', %$guest)->{json};
    my $held  = $s->buy($shop, { Floor => 1 }, %$guest)->{json};
    my $promo = $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'BOTH', discount => { type => 'percent', percent_bps => 1000 } });
    return (promo => $promo->{id}, shop => $shop, org => $shop->{organizer}, event => $shop->{event}, type => $shop->{types}{Floor},
        order => $held->{id}, paid => $paid->{id}, ticket => $paid->{tickets}[0]{id}, code => $paid->{tickets}[0]{code},
        signed => $s->call(GET => "/v1/tickets/$paid->{tickets}[0]{id}/qr?format=text")->{body},
        guest_id => $held->{guest}{id});
}
my %seller = (
    key   => $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $own{org}, name => 'o' }, key => 'admin')->{key},
    token => $s->must(POST => '/v1/access_tokens', { organizer => $own{org} })->{token},
);
my %guest = (
    'token for an order' => $s->must(POST => '/v1/access_tokens', { order => $own{order} })->{token},
    'token for a guest'  => $s->must(POST => '/v1/access_tokens', { guest => $own{guest_id} })->{token},
    'token by e-mail'    => $s->must(POST => '/v1/access_tokens', { email => 'own@guest.example', name => 'own' })->{token},
);
my ($number) = $s->dbh->selectrow_array('select org from app.organizers where name = ?', undef, 'their');
my $state = sub {
    return join '|', map { $s->dbh->selectrow_array("select coalesce(md5(string_agg(x::text, ',' order by x::text)), '-') from $_ x where org = $number") }
        qw(app.organizers app.promo_codes app.events app.ticket_types app.ticket_buckets app.orders app.order_lines app.payments ledger.entries ops.audit ops.outbox);
};
my $before = $state->();

my %body = (
    '/v1/organizers/{org}' => { name => 'X' }, '/v1/organizers/{org}/verification' => { status => 'rejected' }, '/v1/events/{event}' => { name => 'X' },
    '/v1/events/{event}/ticket_types' => { name => 'T', price => 1, quantity => 1 }, '/v1/events/{event}/ticket_types/{type}' => { price => 0 },
    '/v1/promo_codes/{promo}' => { active => JSON::PP::false }, '/v1/orders/{order}/pay' => { payment_token => 'tok_visa' },
    '/v1/orders/{order}/refunds' => { amount => 1 },
);
my %may;
for my $route (grep { $_->{path} =~ /\{(?:org|event|promo|order|ticket)\}/ } routes()) {
    push @{ $may{$_} }, [ @$route{qw(method path)} ] for keys %{ $route->{who} };
}
cmp_ok(scalar @{ $may{organizer} }, '>=', 10, 'route.def is read');

# --- every route with the neighbour's id --------------------------------------------

for my $route (@{ $may{organizer} }) {
    my ($method, $pattern) = @$route;
    for my $how (sort keys %seller) {
        my $path = $pattern =~ s/\{(\w+)\}/$their{$1}/gr;
        problem_ok($s->call($method => $path, $method =~ /^P/ ? $body{$pattern} : undef, key => $seller{$how}), 404, 'not_found', "$method $pattern by $how");
        next if $pattern !~ /\{type\}/;
        my $mixed = "/v1/events/$own{event}/ticket_types/$their{type}";
        problem_ok($s->call($method => $mixed, $method eq 'PATCH' ? { price => 0 } : undef, key => $seller{$how}), 404, 'not_found',
            "$method own event, their type by $how");
    }
}
for my $route (grep { $_->[1] =~ /\{(?:order|ticket)\}/ } @{ $may{guest} }) {
    my ($method, $pattern) = @$route;
    for my $how (sort keys %guest) {
        for my $kind (qw(order paid)) {
            my $path = $pattern =~ s/\{order\}/$their{$kind}/r =~ s/\{ticket\}/$their{ticket}/r;
            problem_ok($s->call($method => $path, $method =~ /^P/ ? $body{$pattern} : undef, key => $guest{$how}), 404, 'not_found',
                "$method $pattern ($kind) by $how");
        }
    }
}

# An id with the caller's number inside and the rest of the neighbour's.
my $forged = sub { my ($id, $mine) = @_; substr $id, 17, 8, substr $mine, 17, 8; return $id };
problem_ok($s->call(GET => "/v1/$_->[0]/" . $forged->($their{ $_->[1] }, $own{ $_->[1] }), undef, key => $seller{key}), 404, 'not_found', "a forged id below $_->[0]")
    for [ 'events', 'event' ], [ 'orders', 'order' ], [ 'promo_codes', 'promo' ], [ 'organizers', 'org' ];

# --- ids in bodies and queries ----------------------------------------------------------

for my $how (sort keys %seller) {
    my @as = (key => $seller{$how});
    problem_ok($s->call(POST => '/v1/events', { organizer => $their{org}, name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' }, @as),
        404, 'not_found', "an event for their organizer by $how");
    problem_ok($s->call(POST => '/v1/quotes', $s->order_body($their{shop}, { Floor => 1 }), @as), 404, 'not_found', "a quote for their event by $how");
    problem_ok($s->call(POST => '/v1/quotes', { %{ $s->order_body($own{shop}, { Floor => 1 }) }, items => [ { ticket_type => $their{type}, quantity => 1 } ] }, @as),
        404, 'not_found', "a quote of own event, their type by $how");
    problem_ok($s->call(GET => "/v1/$_?organizer=$their{org}", undef, @as), 404, 'not_found', "their $_ by $how") for qw(events promo_codes orders ledger/entries);
    problem_ok($s->call(POST => '/v1/tickets/scan', $_, @as), 404, 'not_found', "a scan of theirs by $how")
        for { code => $their{code} }, { code => $their{signed} }, { code => $own{code}, event => $their{event} };
    for my $query ("orders?event=$their{event}", "orders?guest=$their{guest_id}", "ledger/entries?order=$their{paid}") {
        is_deeply($s->call(GET => "/v1/$query", undef, @as)->{json}{data} // [], [], ($query =~ s{=.*}{}r) . " of theirs by $how finds nothing");
    }
    my $made = $s->call(POST => '/v1/events', { name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' }, @as);
    is_deeply([ $made->{status}, $made->{json}{organizer} ], [ 201, $own{org} ], "an event by $how is its own without saying so");
}
problem_ok($s->call(POST => '/v1/orders', { %{ $s->order_body($own{shop}, { Floor => 1 }) }, items => [ { ticket_type => $their{type}, quantity => 1 } ] }),
    404, 'not_found', 'even the platform can\'t sell one\'s event with another\'s ticket type');

# --- lists -------------------------------------------------------------------------------------

my $ids = sub { my ($path, $key) = @_; return [ sort map { $_->{id} } @{ $s->must(GET => $path . ($path =~ /\?/ ? q(&) : q(?)) . "limit=100", undef,
    key => $key)->{data} } ] };
for my $how (sort keys %seller) {
    my @events = @{ $ids->('/v1/events', $seller{$how}) };
    ok(grep({ $_ eq $own{event} } @events) && !grep({ $_ eq $their{event} } @events), "events by $how: own only");
    is_deeply($ids->('/v1/promo_codes', $seller{$how}), [ $own{promo} ], "promo codes by $how: own only");
    is_deeply($ids->('/v1/promo_codes?code=both', $seller{$how}), [ $own{promo} ], '... and by name');
    is_deeply($ids->('/v1/orders', $seller{$how}), [ sort @own{qw(order paid)} ], "orders by $how: own only");
    is_deeply([ map { $_->{order} } @{ $s->must(GET => '/v1/ledger/entries', undef, key => $seller{$how})->{data} } ], [ $own{paid} ],
        "ledger entries by $how: own only");
}
is_deeply($ids->('/v1/orders', $guest{'token for an order'}), [ $own{order} ], 'orders by a guest: the one that the token is for');
is_deeply($ids->('/v1/orders', $guest{'token by e-mail'}), [], 'an e-mail address alone opens nothing');
is_deeply($ids->('/v1/orders', 'platform'), [ sort map { @$_{qw(order paid)} } \%own, \%their ], 'the platform sees both');

is($state->(), $before, 'no row of the neighbour has changed');
$s->call(POST => "/v1/orders/$_/cancel") for $own{order}, $their{order};
isnt($state->(), $before, '... as it would be seen');

$s->books_ok;
done_testing;
