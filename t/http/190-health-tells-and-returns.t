# Proves that /healthz and /readyz tell the truth, that without PostgreSQL
# every call is a 503 problem, and that service comes back by itself with the
# same workers. By stopping and starting PostgreSQL and the pools.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $shop = $s->shop;
my $ask  = sub { $s->call(GET => $_[0], undef, key => undef) };
my %pids = map { $_ => join ' ', sort $s->workers($_) } qw(api pay hook);

is_deeply($ask->('/healthz')->{json}, { status => 'ok' }, 'healthy');
is_deeply($ask->('/readyz')->{json}, { status => 'ok', database => 'ok', redis => 'ok' }, 'ready');
is($ask->('/readyz')->{headers}{'cache-control'}, 'no-store', 'not to be cached');
is($s->call(GET => '/healthz', undef, key => 'sk_test_wrong')->{status}, 200, 'health needs no credential and minds no wrong one');

# --- PostgreSQL stopped ----------------------------------------------------------

$s->stop('postgres');
is($ask->('/healthz')->{status}, 200, 'PostgreSQL down: the process is healthy');
my $ready = $ask->('/readyz');
problem_ok($ready, 503, 'unavailable', 'but not ready');
for my $call ([ GET => "/v1/events/$shop->{event}" ], [ POST => '/v1/organizers', { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' } ],
    [ POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }) ], [ POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_visa') ]) {
    my $got = $s->call(@$call);
    problem_ok($got, 503, 'unavailable', "@$call[0] @{[ $call->[1] =~ s/evt_\w+/{event}/r ]}");
    cmp_ok($got->{headers}{'retry-after'} // 0, '>=', 1, '... with Retry-After');
    unlike($got->{body}, qr/postgres|socket|libpq|host/i, '... and nothing of our inside');
}
problem_ok($s->call(GET => '/v1/nothing'), 404, 'not_found', 'what needs no database is answered as ever');
is(scalar @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} }, 0, 'nothing was charged');

$s->start('postgres');
ok($s->wait_until(10, sub { $ask->('/readyz')->{status} == 200 }), 'PostgreSQL back: ready by itself');
my %status;
for (1 .. 6) { $status{ $s->call(GET => "/v1/events/$shop->{event}")->{status} }++ }
is_deeply(\%status, { 200 => 6 }, '... every worker serves');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status}, 201, '... and sells');
is(join(' ', sort $s->workers($_)), $pids{$_}, "... with the same workers of $_") for qw(api pay hook);
ok($s->wait_until(10, sub { $s->call(GET => '/v1/test_clock', undef, key => 'admin')->{json}{quiet} }), '... and the jobs daemon works again');
ok($s->part_pid('jobs') && kill(0, $s->part_pid('jobs')), '... the same one');

# --- a pool that is gone ------------------------------------------------------------

$s->stop('api');
problem_ok($ask->('/healthz'), 502, 'outcome_unknown', 'no worker at all');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status}, 201, 'payments have workers of their own');
$s->start('api');
is($ask->('/healthz')->{status}, 200, 'and back');
$s->stop('pay');
my $sale = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa');
problem_ok($sale, 502, 'outcome_unknown', 'a payment without a worker');
like($sale->{json}{detail}, qr/do not pay again/, '... warns not to pay again');
is($s->call(GET => "/v1/events/$shop->{event}")->{status}, 200, 'everything else is served');
$s->start('pay');

$s->books_ok;
done_testing;
