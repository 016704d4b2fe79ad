# Proves for every route and every role that the call is let in exactly when
# route.def says so, and that no call of either kind is ever a 500. By calling
# each route of the table with a credential of each role, with and without a body.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_TOKEN_PER_SECOND => 100000, BOXOFFICE_RATE_PAY_PER_MINUTE => 100000 });
my $shop  = $s->shop;
my $order = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
my $types = $shop->{types};

# --- the table ---------------------------------------------------------------------

my @routes = routes();
cmp_ok(scalar @routes, '>=', 28, 'route.def is read');

my %key = (
    admin     => $s->admin_key,
    platform  => $s->platform_key,
    organizer => $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'o' }, key => 'admin')->{key},
    'organizer token' => $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer} })->{token},
    guest     => $s->must(POST => '/v1/access_tokens', { order => $order->{id} })->{token},
);
my $promo = $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, discount => { type => 'percent', percent_bps => 1000 } });
my %id = (promo => $promo->{id}, org => $shop->{organizer}, event => $shop->{event}, type => $types->{Floor}, order => $order->{id},
    refund => $s->must(POST => "/v1/orders/$order->{id}/refunds", { amount => 1 })->{id}, key => 'key_' . '0' x 26,
    token => 'att_' . '0' x 26, ticket => $order->{tickets}[0]{id});

# A dispute, by the gateway.
{
    my $sold = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    my ($sale) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$sold->{id}")->{json}{data} };
    $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent' });
    $s->wait_until(10, sub { ($id{dispute}) = map { $_->{id} } @{ $s->must(GET => '/v1/disputes', undef, key => 'admin')->{data} } });
}

# Routes that end a sale have events of their own.
my %halted;
for my $how (qw(cancel postpone)) {
    $halted{$how} = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'E', starts_at => '2031-01-01T10:00:00Z',
        ends_at => '2031-01-01T12:00:00Z' })->{id};
    $s->must(POST => "/v1/events/$halted{$how}/publish");
}
my $path_of = sub {
    my ($pattern) = @_;
    my $event = $pattern =~ /postpone$/ ? $halted{postpone} : $pattern =~ /cancel(?:lation)?$/ && $pattern =~ /event/ ? $halted{cancel} : $id{event};
    return $pattern =~ s/\{(\w+)\}/$1 eq 'event' ? $event : $id{$1}/ger;
};

# Bodies that do what the route is for.
my %body = (
    '/v1/api_keys'                     => { role => 'platform', name => 'x' },
    '/v1/access_tokens'                => { email => 'g@g.example', name => 'G' },
    '/v1/organizers'                   => { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' },
    '/v1/organizers/{org}'             => { name => 'B' },
    '/v1/organizers/{org}/verification' => { status => 'verified' },
    '/v1/events'                       => { organizer => $shop->{organizer}, name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' },
    '/v1/events/{event}'               => { name => 'F' },
    '/v1/events/{event}/ticket_types'  => { name => 'T', price => 1, quantity => 1 },
    '/v1/events/{event}/ticket_types/{type}' => { name => 'U' },
    '/v1/promo_codes'                  => { organizer => $shop->{organizer}, discount => { type => 'percent', percent_bps => 1000 } },
    '/v1/promo_codes/{promo}'          => { max_per_guest => 2 },
    '/v1/quotes'                       => $s->order_body($shop, { Floor => 1 }),
    '/v1/orders'                       => $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_visa'),
    '/v1/orders/{order}/pay'           => { payment_token => 'tok_visa' },
    '/v1/orders/{order}/refunds'       => { amount => 1 },
    '/v1/disputes/{dispute}/evidence'  => { service_date => '2031-01-01' },
    '/v1/tickets/scan'                 => { code => $order->{tickets}[0]{code} },
    '/v1/test_clock/advance'           => { seconds => 0 },
);
# What a call that is let in answers, where it is not 2xx.
my %answer = ('DELETE /v1/api_keys/{key}' => 404, 'DELETE /v1/access_tokens/{token}' => 404,
    'POST /v1/orders/{order}/pay' => 409, 'POST /v1/orders/{order}/cancel' => 409,
    'POST /v1/disputes/import' => 415,      # no file
    'POST /v1/disputes/{dispute}/submit' => '(?:200|409)', 'POST /v1/disputes/{dispute}/accept' => 409,    # one shot
    'POST /v1/orders/{order}/refunds' => '(?:201|409)');    # an empty body asks for all that is left

# --- every route x every role ---------------------------------------------------------

for my $route (@routes) {
    my ($method, $pattern) = @$route{qw(method path)};
    my $path = $path_of->($pattern);
    my $sent = $method eq 'PATCH' || $method eq 'POST' ? $body{$pattern} : undef;
    ok($route->{body} ne 'JSON' || $sent, "$method $pattern has a body here") or next;
    problem_ok($s->call($method => $path, $sent, key => undef), 401, 'unauthenticated', "$method $pattern for nobody") if !$route->{open};
    for my $who (sort keys %key) {
        my $role = $who =~ s/ .*//r;
        my $got  = $s->call($method => $path, $sent, key => $key{$who});
        if ($pattern =~ m{^/v1/webhooks/}) {    # a signature opens these, and no credential
            problem_ok($got, 401, 'unauthenticated', "$method $pattern by $who");
        }
        elsif ($route->{open} || $route->{who}{$role}) {
            my $want = $answer{"$method $pattern"} // '2..';
            like($got->{status}, qr/^$want$/, "$method $pattern by $who is let in") or diag($got->{body});
        }
        else {
            problem_ok($got, 403, 'forbidden', "$method $pattern by $who");
        }
        $s->must(POST => "/v1/events/$shop->{event}/publish") if $pattern =~ /pause$/;
        next if $route->{body} ne 'JSON';
        my $empty = $s->call($method => $path, {}, key => $key{$who});
        like($empty->{status}, $method eq 'PATCH' ? qr/^(?:200|403)$/ : $pattern =~ /refunds$/ ? qr/^(?:201|403|409)$/ : qr/^(?:400|403)$/,
            '... and with an empty body') or diag($empty->{body});
        my $absurd = $s->call($method => $path, { map { $_ => [ {} ] } keys %{ $sent || {} }, 'name', 'seconds' }, key => $key{$who});
        like($absurd->{status}, qr/^(?:400|403)$/, '... and with lists for all fields') or diag($absurd->{body});
    }
}

# --- ids that nobody has, for those who are let in ---------------------------------------

my %nobody = (org => 'org', event => 'evt', type => 'tkt', promo => 'pro', order => 'ord', refund => 'ref', dispute => 'dsp', key => 'key',
    token => 'att', ticket => 'tix');
for my $route (grep { $_->{path} =~ /\{/ } @routes) {
    my ($method, $pattern) = @$route{qw(method path)};
    for my $id ('0' x 26, '7zzzzzzzzzzzzzzzzzzzzzzzzz', '0', '%2e%2e') {
        my $path = $pattern =~ s/\{(\w+)\}/"$nobody{$1}_$id"/ger;
        my ($role) = sort keys %{ $route->{who} };
        problem_ok($s->call($method => $path, $method =~ /^P/ ? $body{$pattern} : undef, key => $key{$role}), 404, 'not_found', "$method $path");
    }
}
my $log = join '', map { open my $in, '<', $s->dir . "/log/$_.log" or die; local $/; <$in> } qw(api pay);
unlike($log, qr/"level":"error"/, 'no worker logged an error');

$s->books_ok;
done_testing;
