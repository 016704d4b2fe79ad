# Proves that tokens, payment attempts and refused credentials have limits of
# their own which are told in headers, and that without Redis everything is
# served and afterwards limited again. By exhausting each class, then stopping Redis.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

my $s = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_PAY_PER_MINUTE => 3, BOXOFFICE_RATE_AUTH_PER_MINUTE => 5 });
my $shop  = $s->shop;
my $token = sub { $s->must(POST => '/v1/access_tokens', { email => 'g@g.example', name => 'G' })->{token} };
my $get   = sub { $s->call(GET => '/v1/orders?limit=1', undef, key => $_[0]) };
# How many of n calls in a row are served, and the last answer.
my $burst = sub { my ($n, $call) = @_; my ($served, $got) = (0); for (1 .. $n) { $got = $call->(); $served++ if $got->{status} != 429 } return ($served, $got) };

# --- server keys -----------------------------------------------------------------

my $server = $get->('platform');
is($server->{headers}{'ratelimit-policy'}, '"server";q=1000;w=1', 'a server key has 1,000 a second');
like($server->{headers}{ratelimit}, qr/^"server";r=9\d\d;t=1$/, '... and is told what is left');

# --- access tokens: 10 a second ---------------------------------------------------

my ($first, $other) = ($token->(), $token->());
my $began = time;
my ($served, $last) = $burst->(30, sub { $get->($first) });
my $most = 10 + int(10 * (time - $began)) + 1;
ok($served >= 10 && $served <= $most, "30 calls at once: 10 and what has grown back are served ($served of at most $most)");
problem_ok($last, 429, 'rate_limited', 'the others');
is($last->{headers}{'retry-after'}, 1, '... with Retry-After');
is($last->{headers}{'ratelimit-policy'}, '"token";q=10;w=1', '... and the policy');
like($last->{headers}{ratelimit}, qr/^"token";r=0;t=1$/, '... of which nothing is left');
is($get->($other)->{status}, 200, 'another token is not concerned');
is($get->('platform')->{status}, 200, '... nor is a server key');
sleep 1.1;
my $again = $get->($first);
is($again->{status}, 200, 'after Retry-After it is served again');
like($again->{headers}{ratelimit}, qr/^"token";r=9;t=1$/, '... with all its calls but this one');

# --- payment attempts ---------------------------------------------------------------

my $buyer = $token->();
my $order = sub { $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_visa'), key => $buyer) };
my $paid = $order->();
is($paid->{status}, 201, 'a guest buys') or diag($paid->{body});
is($paid->{headers}{'ratelimit-policy'}, '"pay";q=3;w=60', '... in the class of payments');
($served, $last) = $burst->(4, $order);
is($served, 2, 'the fourth attempt in a minute is one too many');
problem_ok($last, 429, 'rate_limited', 'an attempt too many');
cmp_ok($last->{headers}{'retry-after'}, '>', 10, '... to be made later');
is($get->($buyer)->{status}, 200, 'other calls of that token go on');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status}, 201, '... and so do the platform\'s payments');

# --- refused credentials, by address ---------------------------------------------------

my $guess = sub { $s->call(GET => '/v1/events', undef, key => 'sk_test_' . Stack::random_key()) };
($served, $last) = $burst->(7, $guess);
is($served, 5, 'the sixth refused credential in a minute is told to wait');
problem_ok($last, 429, 'rate_limited', 'guessing');
cmp_ok($last->{headers}{'retry-after'}, '>', 5, '... until later');
is($get->('platform')->{status}, 200, 'a good credential from the same address is served');

# --- without Redis -------------------------------------------------------------------------

$s->stop('redis');
my %status;
$status{ $get->($first)->{status} }++ for 1 .. 25;
is_deeply(\%status, { 200 => 25 }, 'Redis down: all calls of a token are served');
is($get->($first)->{headers}{ratelimit}, undef, '... with no word on limits');
is($s->call(GET => '/v1/events', undef, key => 'sk_test_x')->{status}, 401, '... a bad credential is refused as such');
is($order->()->{status}, 201, '... and a guest buys');
my $ready = $s->call(GET => '/readyz', undef, key => undef);
is_deeply([ $ready->{status}, $ready->{json}{redis} ], [ 200, 'down' ], '/readyz tells it and stays ready');

$s->start('redis');
ok($s->wait_until(10, sub { $get->('platform')->{headers}{ratelimit} && $get->('platform')->{headers}{ratelimit} }), 'Redis back: limits are told again');
sleep 1.2;
($served) = $burst->(40, sub { $get->($other) });
cmp_ok($served, '<', 40, '... and kept');
is($s->call(GET => '/readyz', undef, key => undef)->{json}{redis}, 'ok', '... and /readyz tells it');

$s->books_ok;
done_testing;
