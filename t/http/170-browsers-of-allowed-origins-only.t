# Proves that a page of an allowed origin may call with an access token, that
# no other origin and no server key gets a CORS header, and that nginx answers
# preflights without a worker. By the headers of answers, with workers stopped for the preflights.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $shop_origin = 'https://shop.example';
my $s     = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_ALLOWED_ORIGINS => $shop_origin });
my $shop  = $s->shop;
my $token = $s->must(POST => '/v1/access_tokens', { email => 'g@g.example', name => 'G' })->{token};
my $seller = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer} })->{token};
my @foreign = ('https://evil.example', 'http://shop.example', 'https://shop.example:444', 'https://shop.example.evil.example',
    'https://evil.example/https://shop.example', 'null', 'https://shop.example,https://evil.example');

sub cors { my $h = $_[0]{headers}; return join '; ', map { ref $h->{$_} ? "$_ twice" : "$_: $h->{$_}" } grep { /^access-control/ } sort keys %$h }

# --- answers -------------------------------------------------------------------------

for my $key ($token, $seller) {
    my $got = $s->call(GET => "/v1/events/$shop->{event}", undef, key => $key, Origin => $shop_origin);
    is($got->{headers}{'access-control-allow-origin'}, $shop_origin, 'a token from the allowed origin: the browser may read the answer');
    like($got->{headers}{'access-control-expose-headers'}, qr/\b$_\b/, "... and its $_") for qw(Request-Id ETag Idempotent-Replayed RateLimit Retry-After);
    like(join(',', map { ref ? @$_ : $_ } $got->{headers}{vary} // ''), qr/\bOrigin\b/, '... and caches know that it depends on the origin');
    is($got->{headers}{'access-control-allow-credentials'}, undef, '... and cookies are not spoken of');
}
my $refused = $s->call(GET => '/v1/orders/ord_0', undef, key => $token, Origin => $shop_origin);
problem_ok($refused, 404, 'not_found', 'an error to a browser');
is($refused->{headers}{'access-control-allow-origin'}, $shop_origin, '... may be read as well');
is($s->call(GET => '/v1/events', undef, key => 'at_forged', Origin => $shop_origin)->{headers}{'access-control-allow-origin'}, $shop_origin,
    '... also when the token has expired');
is($s->call(POST => '/v1/orders', 'x' x 70000, key => $token, Origin => $shop_origin)->{headers}{'access-control-allow-origin'}, $shop_origin,
    '... also when nginx refuses');

for my $origin (@foreign, undef) {
    is(cors($s->call(GET => "/v1/events/$shop->{event}", undef, key => $token, Origin => $origin)), '', 'nothing for ' . ($origin // 'a call without origin'));
}
is(cors($s->call(GET => '/nowhere', undef, key => $token, Origin => $foreign[0])), '', 'nothing for a foreign origin from nginx');
for my $key (qw(platform admin)) {
    is(cors($s->call(GET => '/v1/events', undef, key => $key, Origin => $shop_origin)), '', "nothing for a $key key, even from the allowed origin");
}
is(cors($s->call(GET => '/v1/events', undef, key => undef, Origin => $shop_origin)), '', 'nothing without a credential');

# --- preflights ---------------------------------------------------------------------------

$s->stop($_) for qw(api pay);
my $preflight = sub { my ($origin, $path, $method) = @_; return $s->call(OPTIONS => $path // '/v1/orders', undef, key => undef,
    Origin => $origin, 'Access-Control-Request-Method' => $method // 'POST', 'Access-Control-Request-Headers' => 'authorization, idempotency-key') };
for my $path ('/v1/orders', "/v1/orders/ord_x/pay", '/v1/events') {
    my $got = $preflight->($shop_origin, $path);
    is($got->{status}, 204, "$path: nginx answers a preflight by itself");
    is($got->{headers}{'access-control-allow-origin'}, $shop_origin, '... for the allowed origin');
}
my $got = $preflight->($shop_origin);
my %methods = map { $_ => 1 } split /, /, $got->{headers}{'access-control-allow-methods'};
ok($methods{$_}, "$_ is allowed") for qw(GET POST PATCH DELETE);
my %allowed = map { lc, 1 } split /, /, $got->{headers}{'access-control-allow-headers'};
ok($allowed{ lc $_ }, "header $_ is allowed") for qw(Authorization Content-Type Idempotency-Key If-Match Request-Id traceparent);
cmp_ok($got->{headers}{'access-control-max-age'}, '>=', 60, 'for a while');
like($got->{headers}{vary}, qr/\bOrigin\b/, 'varying by origin');
is(cors($preflight->($_)), '', "nothing for $_") for @foreign;
$s->start($_) for qw(api pay);
is($s->call(OPTIONS => '/v1/events', undef, key => undef, Origin => $shop_origin)->{status}, 405, 'OPTIONS that is no preflight is a method like any other');

$s->books_ok;
done_testing;
