# Proves that each answer carries the request's id, that logs carry it with the
# trace id, and that paths and methods which do not exist are told as 404 and
# 405 with Allow. By asking every path of route.def with every method.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $shop = $s->shop(publish => 0);
my $id   = sub { $_[0]{headers}{'request-id'} // '' };

# --- Request-Id ----------------------------------------------------------------

for my $mine ('a', 'order-7.retry_2', 'A' x 64) {
    is($id->($s->call(GET => '/v1/events', undef, 'Request-Id' => $mine)), $mine, "taken from the caller: $mine");
    is($id->($s->call(GET => '/nowhere', undef, 'Request-Id' => $mine)), $mine, '... by nginx too');
}
my %seen;
for my $bad (undef, '', 'A' x 65, 'with blank', 'semi;colon', '"quoted"', '<script>') {
    for my $path ('/v1/events', '/nowhere', '/healthz') {
        my $got = $id->($s->call(GET => $path, undef, 'Request-Id' => $bad));
        ok($got =~ /^[A-Za-z0-9._-]{1,64}$/ && $got ne ($bad // '') && !$seen{$got}++, "$path makes one for " . ($bad // 'none')) or diag($got);
    }
}
is(ref $s->call(GET => '/v1/events')->{headers}{'request-id'}, '', 'there is one Request-Id, not two');

# --- what the logs say ------------------------------------------------------------

my $trace = '4bf92f3577b34da6a3ce929d0e0e4736';
$s->call(GET => "/v1/events/$shop->{event}?secret=query", undef, 'Request-Id' => 'traced-1', traceparent => "00-$trace-00f067aa0ba902b7-01");
my $n = 2;
for my $bad ("00-$trace-00f067aa0ba902b7", '00-' . uc($trace) . '-00f067aa0ba902b7-01', "00_${trace}_00f067aa0ba902b7_01", '00-' . 'g' x 32 . '-00f067aa0ba902b7-01') {
    is($s->call(GET => '/v1/events', undef, 'Request-Id' => 'traced-' . $n++, traceparent => $bad)->{status}, 200, 'an ill-formed traceparent is no reason to refuse');
}
my $lines = sub {
    my ($log, $wanted) = @_;
    open my $in, '<', $s->dir . "/log/$log.log" or return;
    return grep { ($_->{request_id} // '') =~ /^$wanted$/ } map { eval { decode_json($_) } // () } grep { /"request_id"/ } <$in>;
};
$s->wait_until(3, sub { $lines->('access', 'traced-5') });
my ($worker) = $lines->('api', 'traced-1');
is_deeply([ @{ $worker || {} }{qw(event method route status trace_id level program)} ],
    [ 'request', 'GET', '/v1/events/{event}', 200, $trace, 'info', 'api' ], 'the worker logs route, status, request and trace id');
like($worker->{caller} // '', qr/^key_/, '... and the caller by id');
like($worker->{us} // '', qr/^\d+$/, '... and the time it took');
my ($access) = $lines->('access', 'traced-1');
is_deeply([ @{ $access || {} }{qw(method path status upstream_status)} ], [ 'GET', "/v1/events/$shop->{event}", 200, 200 ], 'nginx logs the same id, and no query');
is($access->{traceparent}, "00-$trace-00f067aa0ba902b7-01", '... and the traceparent');
is(join(' ', grep { exists $_->{trace_id} } $lines->('api', 'traced-[2-5]')), '', 'no trace id is logged from an ill-formed traceparent');
open my $log, '<', $s->dir . '/log/api.log' or die;
is(join('', grep { !eval { decode_json($_) } } <$log>), '', 'every line of a worker is a JSON object');

# --- HEAD ---------------------------------------------------------------------------

for my $path ("/v1/events/$shop->{event}", '/v1/events', '/healthz', '/v1/events/evt_0') {
    my ($get, $head) = map { $s->call($_ => $path) } qw(GET HEAD);
    is_deeply([ $head->{status}, $head->{body} // '', @{ $head->{headers} }{qw(content-type etag)} ],
        [ $get->{status}, '', @{ $get->{headers} }{qw(content-type etag)} ], "HEAD $path is GET without the body");
}

# --- 405: every path x every method -----------------------------------------------------

my %methods;
push @{ $methods{ $_->{path} } }, $_->{method} for routes();
cmp_ok(scalar keys %methods, '>', 18, 'route.def is read');
for my $route (sort keys %methods) {
    my %known = map { $_ => 1 } @{ $methods{$route} }, $methods{$route}[0] eq 'GET' || grep({ $_ eq 'GET' } @{ $methods{$route} }) ? 'HEAD' : ();
    my $path  = $route =~ s/\{(\w+)\}/x/gr;
    my @wrong;
    for my $method (grep { !$known{$_} } qw(GET HEAD POST PATCH PUT DELETE OPTIONS BREW)) {
        my $got = $s->call($method => $path, $method =~ /^P/ ? {} : undef);
        my $allow = join ', ', sort split /, /, $got->{headers}{allow} // '';
        push @wrong, "$method: $got->{status} Allow: $allow" if $got->{status} != 405 || $allow ne join ', ', sort @{ $methods{$route} };
    }
    is("@wrong", '', "$route answers " . join(', ', @{ $methods{$route} }) . ' and tells so otherwise');
}
problem_ok($s->call(PUT => '/v1/events', {}), 405, 'method_not_allowed', 'as a problem');
problem_ok($s->call(DELETE => '/v1/orders/ord_1', undef, key => undef), 405, 'method_not_allowed', 'told before the credential is looked at');

# --- 404: what looks like a path ---------------------------------------------------------

for my $path (qw(/v1/ /v1/event /v1/events/ /v1//events /v1/events// /v1/%65vents /v1/events/x/y /v1/events/x/ticket_types/y/z /V1/events
    /v1/../v1/events /v1/./events /v1/events;x=1 /v1/organizers//verification /healthz/ /v2/events /v1/webhooks /v1/webhooks/nobody /_problem /_preflight)) {
    problem_ok($s->call(GET => $path), 404, 'not_found', $path);
}

# --- 404: ids of the wrong kind or form ----------------------------------------------------

my $tail = $shop->{event} =~ s/^evt_//r;
for my $bad ("org_$tail", "tkt_$tail", "EVT_$tail", $tail, "evt_$tail" . '0', 'evt_' . uc $tail, 'evt_' . substr($tail, 1), "evt_8$tail",
    'evt_' . '8' . substr($tail, 1), 'evt_' . 'u' x 26, "evt_$tail%20", '*', '%27') {
    problem_ok($s->call(GET => "/v1/events/$bad"), 404, 'not_found', "/v1/events/$bad");
}

$s->books_ok;
done_testing;
