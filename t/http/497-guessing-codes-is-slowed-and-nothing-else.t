# Proves that every code that does not exist counts for whoever named it, whatever else the call is told, and that who has named too many is refused
# only what is new: keys that were claimed before go on. By guessing in every way there is, each from a client and for an event of its own.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

my $MAY = 20;    # wrong codes a minute
my $s   = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_PROMO_PER_MINUTE => $MAY, BOXOFFICE_CALL_DEADLINE_MS => 1000,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000 });
my $yes = JSON::PP::true;
my $client = 0;
my $stall = sub {
    my (%opt) = @_;
    my $shop = $s->shop(types => [ [ Floor => 5000, 100 ], [ Secret => 7000, 10, { hidden => $yes } ], [ Crumb => 40, 10 ] ], %opt);
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'REAL', discount => { type => 'percent', percent_bps => 5000 } });
    $shop->{client} = { ip => '192.0.2.' . ++$client };
    return $shop;
};
my $n     = 0;
my $wrong = sub { return [ map { 'GUESS' . $n++ } 1 .. $_[0] ] };
my $quote = sub { my ($shop, $cart, %order) = @_; return $s->call(POST => '/v1/quotes', $s->order_body($shop, $cart, client => $shop->{client}, %order)) };
my $order = sub { my ($shop, $cart, %order) = @_; return $s->buy($shop, $cart, client => $shop->{client}, %order) };

# How many calls are answered before one is refused for guessing; each names some wrong codes.
sub guesses {
    my ($call) = @_;
    my $answered = 0;
    $answered++ while $answered < 3 * $MAY && $call->()->{status} != 429;
    return $answered;
}
sub guesses_ok {
    my ($calls, $each, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $most = int(($MAY + 5) / $each) + 1;    # some come back while we guess
    ok($calls >= int($MAY / $each) && $calls <= $most, "$what: $calls calls with $each wrong codes each");
}

# --- who has guessed too often is refused only what is new ----------------------------

my $shop = $stall->();
my $body = $s->order_body($shop, { Floor => 1 }, client => $shop->{client}, promo_code => 'REAL', payment_token => 'tok_visa');
my $paid = $s->call(POST => '/v1/orders', $body, idem => 'paid');
is("$paid->{status} $paid->{json}{status}", '201 paid', 'an order is paid with a code');
my $told = $s->call(POST => '/v1/quotes', $body, idem => 'told');
$s->stop('sandbox-nginx');
my $open = $s->call(POST => '/v1/orders', $body, idem => 'open');
is("$open->{status} $open->{json}{order}{status}", '503 held', 'another can\'t be paid yet');
$s->start('sandbox-nginx');
guesses_ok(guesses(sub { $quote->($shop, { Floor => 1 }, promo_codes => $wrong->(1)) }), 1, 'then its client guesses');
problem_ok($s->call(POST => '/v1/orders', $body, idem => 'fresh'), 429, 'rate_limited', '... and may buy no more with a code');
my $again = $s->call(POST => '/v1/orders', $body, idem => 'paid');
is($again->{body}, $paid->{body}, '... but a repeated key gets its answer');
is($again->{status}, 201, '... with its status');
is($s->call(POST => '/v1/quotes', $body, idem => 'told')->{body}, $told->{body}, '... a quote\'s too');
my $until = time + 10;
my $on;
do { $on = $s->call(POST => '/v1/orders', $body, idem => 'open'); sleep 0.3 } while $on->{status} == 503 && time < $until;
is("$on->{status} $on->{json}{status} $on->{json}{id}", "201 paid $open->{json}{order}{id}", '... and an order that was not paid yet is paid');

# --- a wrong code counts, whatever else the call is told -----------------------------------

for my $way (
    [ 'a quote that is made', 5, 200, sub { $quote->($_[0], { Floor => 1 }, promo_codes => $wrong->(5)) } ],
    [ 'a quote of a hidden ticket type', 5, 404, sub { $quote->($_[0], { Secret => 1 }, promo_codes => $wrong->(5)) } ],
    [ 'a quote below the least amount', 5, 400, sub { $quote->($_[0], { Crumb => 1 }, promo_codes => $wrong->(5)) } ],
    [ 'an order', 5, 409, sub { $order->($_[0], { Floor => 1 }, promo_codes => $wrong->(5)) } ],
    [ 'an order of what is not sold in such a number', 5, 409, sub { $order->($_[0], { Floor => 999 }, promo_codes => $wrong->(5)) } ],
    [ 'an access code in a quote', 1, 404, sub { $quote->($_[0], { Secret => 1 }, access_code => $wrong->(1)[0]) } ],
    [ 'an access code on an order', 1, 404, sub { $order->($_[0], { Secret => 1 }, promo_code => 'REAL', access_code => $wrong->(1)[0]) } ],
    [ 'an access code on an order that needs none', 1, 201, sub { $order->($_[0], { Floor => 1 }, access_code => $wrong->(1)[0]) } ],
    [ 'both in a quote', 2, 404, sub { $quote->($_[0], { Secret => 1 }, promo_codes => $wrong->(1), access_code => $wrong->(1)[0]) } ],
) {
    my ($what, $each, $status, $call) = @$way;
    my $stall = $stall->(organizer => { fee_plan => { percent_bps => 0, fixed_amount => 0, payer => 'guest' } });
    is($call->($stall)->{status}, $status, "$what ($status)");
    guesses_ok(1 + guesses(sub { $call->($stall) }), $each, $what);
    problem_ok($quote->($stall, { Floor => 1 }, promo_code => 'REAL'), 429, 'rate_limited', '... and a right one is told no more');
}

# --- whose guess it is -----------------------------------------------------------------------

$shop = $stall->();
my $as = sub {
    my ($email, $code) = @_;
    return $s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => $code, guest => { email => $email, name => 'G' }));
};
guesses_ok(guesses(sub { $as->('ann@example.com', $wrong->(1)[0]) }), 1, 'a guest without a client');
problem_ok($as->('ann@example.com', 'REAL'), 429, 'rate_limited', '... may guess no more');
problem_ok($as->('Ann+2@example.com', 'REAL'), 429, 'rate_limited', '... under no spelling');
is($as->('bob@example.com', 'REAL')->{json}{promo}{applied}, $yes, '... and another guest of the same server is not concerned');
my $nobody = sub { my $body = $s->order_body($shop, { Floor => 1 }, promo_code => $_[0]); delete $body->{guest}; $s->call(POST => '/v1/quotes', $body) };
guesses_ok(guesses(sub { $nobody->($wrong->(1)[0]) }), 1, 'who names nobody');
is($as->('bob@example.com', 'REAL')->{json}{promo}{applied}, $yes, '... is somebody else');
# A guest is one whatever the token, and a network one client.
my $token = sub { $s->must(POST => '/v1/access_tokens', { email => 'eve@example.com', name => 'Eve' })->{token} };
my @token = map { $token->() } 1 .. 4;
my $eve = sub { my $body = $s->order_body($shop, { Floor => 1 }, promo_code => $_[0]); delete $body->{guest}; $s->call(POST => '/v1/quotes', $body, key => $_[1]) };
my $which = 0;
guesses_ok(guesses(sub { $eve->($wrong->(1)[0], $token[ $which++ % 4 ]) }), 1, 'a guest with four tokens');
problem_ok($eve->('REAL', $token->()), 429, 'rate_limited', '... may guess no more by a fifth');
my $host = 0;
my $from = sub { $quote->({ %$shop, client => { ip => $_[0] } }, { Floor => 1 }, promo_code => $_[1]) };
guesses_ok(guesses(sub { $from->(sprintf('2001:db8:1:2:%x::1', ++$host), $wrong->(1)[0]) }), 1, 'who changes the address in a network of IPv6');
is($from->('2001:db8:1:3::1', 'REAL')->{json}{promo}{applied}, $yes, '... does not concern the next network');
is($from->('::ffff:192.0.2.250', 'REAL')->{json}{promo}{applied}, $yes, '... nor an IPv4 address in IPv6');
problem_ok($from->('no address', 'REAL'), 400, 'invalid_request', 'what is no address is refused');
my $sock = (readlink($s->dir . '/run') // $s->dir . '/run') . '/redis.sock';
my $keys = `redis-cli -s $sock --raw keys '*'`;
like($keys, qr/:promo:/, 'Redis counts them');
unlike($keys, qr/example|ann|bob/, '... and has nobody\'s address');

$s->books_ok;
done_testing;
