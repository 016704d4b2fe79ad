# Proves that a code that may not be used says why, in a quote and on an order; that hidden ticket types are opened by a code only; and that guessing is slowed down.
# By the same carts quoted and ordered, by moving the test clock, and by guessing.
use strict;
use warnings;
use POSIX qw(strftime);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 1, api => 2, env => { BOXOFFICE_RATE_PROMO_PER_MINUTE => 100, BOXOFFICE_RATE_PROMO_EVENT_PER_MINUTE => 110 });
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ], [ Box => 9000, 1000 ], [ Secret => 7000, 100, { hidden => $yes } ], [ Crew => 100, 10, { hidden => $yes } ] ]);
my $code = sub { my ($code, %more) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $code,
    discount => { type => 'percent', percent_bps => 1000 }, %more }) };
my $patch = sub { my ($promo, %change) = @_; $s->must(PATCH => "/v1/promo_codes/$promo->{id}", \%change) };
my $now   = sub { my $t = $s->must(GET => '/v1/test_clock', undef, key => 'admin')->{now}; $t };
my $at    = sub { my ($days, $suffix) = @_; strftime("%Y-%m-%dT20:00:00$suffix", gmtime(time + 86400 * $days)) };

# The reason in a quote, which is made without the code, and on an order.
sub refused {
    my ($name, $cart, $reason, %order) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $full  = $s->must(POST => '/v1/quotes', $s->order_body($shop, $cart));
    my $quote = $s->must(POST => '/v1/quotes', $s->order_body($shop, $cart, %order));
    is_deeply($quote->{promo}, { code => $order{promo_code}, applied => $no, reason => $reason }, "$name: a quote says why");
    is_deeply($quote->{amounts}, $full->{amounts}, '... and is made without it');
    ok(length $quote->{promos}[0]{detail}, "... in words: $quote->{promos}[0]{detail}");
    return problem_ok($s->buy($shop, $cart, %order), 409, $reason, '... an order is refused');
}
sub applies {
    my ($name, $cart, %order) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($s->must(POST => '/v1/quotes', $s->order_body($shop, $cart, %order))->{promo}{applied}, $yes, "$name: it applies");
}

refused('one that there is not', { Floor => 1 }, 'promo_unknown', promo_code => 'NOBODYS');
refused('what can be no code', { Floor => 1 }, 'promo_unknown', promo_code => "x' or 1=1 --");
my $other = $s->shop;
$s->must(POST => '/v1/promo_codes', { organizer => $other->{organizer}, code => 'THEIRS', discount => { type => 'percent', percent_bps => 1 } });
refused('another organizer\'s', { Floor => 1 }, 'promo_unknown', promo_code => 'THEIRS');

my $second = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Second',
    starts_at => $at->(40, 'Z'), ends_at => $at->(41, 'Z'), currency => 'USD' });
$code->('SECOND', events => [ $second->{id} ]);
refused('another event\'s', { Floor => 1 }, 'promo_not_applicable', promo_code => 'second');
$code->('BOXES', ticket_types => [ $shop->{types}{Box} ], min_tickets => 2, min_order_amount => 18001);
refused('other ticket types\'', { Floor => 3 }, 'promo_not_applicable', promo_code => 'BOXES');
refused('below its tickets', { Box => 1, Floor => 5 }, 'promo_not_applicable', promo_code => 'BOXES');
refused('below its amount', { Box => 2, Floor => 5 }, 'promo_not_applicable', promo_code => 'BOXES');
applies('enough of its own', { Box => 3 }, promo_code => 'boxes');

my $off = $code->('OFF');
applies('switched on', { Floor => 1 }, promo_code => 'OFF');
my $held = $s->buy($shop, { Floor => 1 }, promo_code => 'OFF')->{json};
$patch->($off, active => $no);
refused('switched off', { Floor => 1 }, 'promo_expired', promo_code => 'OFF');
is($s->call(POST => "/v1/orders/$held->{id}/pay", { payment_token => 'tok_visa' })->{json}{status}, 'paid', '... but what is held is paid with it');
$patch->($off, active => $yes);
applies('switched on again', { Floor => 1 }, promo_code => 'OFF');

my $once = $code->('ONCE', max_redemptions => 1);
my $user = $s->buy($shop, { Floor => 1 }, promo_code => 'ONCE')->{json};
refused('held by another', { Floor => 1 }, 'promo_exhausted', promo_code => 'ONCE');
$s->must(POST => "/v1/orders/$user->{id}/cancel", undef);
applies('given back by a cancelled order', { Floor => 1 }, promo_code => 'ONCE');
$code->('MONEY', budget_amount => 1000);
$s->must(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, promo_code => 'MONEY'));
refused('more than is left of its budget', { Floor => 2 }, 'promo_exhausted', promo_code => 'MONEY');
applies('what is left of its budget', { Floor => 1 }, promo_code => 'MONEY');
$code->('MINE', max_per_guest => 1);
my $as = sub { (promo_code => 'MINE', guest => { name => 'X', email => $_[0] }) };
$s->must(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, $as->('ann.lee@gmail.com')));
refused("the same guest as $_", { Floor => 1 }, 'promo_guest_limit', $as->($_)) for 'Ann.Lee@GMAIL.com', 'annlee+again@gmail.com', 'a.n.n.l.e.e@googlemail.com';
applies('another guest', { Floor => 1 }, $as->('ann@example.com'));

# --- its time ---------------------------------------------------------------------------------

$code->('LATER', starts_at => $at->(2, 'Z'), ends_at => $at->(4, 'Z'));
my $berlin = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Berlin', starts_at => $at->(40, 'Z'), ends_at => $at->(41, 'Z'),
    time_zone => 'Asia/Tokyo', currency => 'USD' });
refused('before its time', { Floor => 1 }, 'promo_not_applicable', promo_code => 'LATER');
$s->advance_clock(86400 * 3);
applies('in its time', { Floor => 1 }, promo_code => 'LATER');
$s->advance_clock(86400 * 2);
refused('after its time', { Floor => 1 }, 'promo_expired', promo_code => 'LATER');

# A local time is read in the event's zone: nine hours earlier in Tokyo.
my $tokyo_type = $s->must(POST => "/v1/events/$berlin->{id}/ticket_types", { name => 'T', price => 1000, quantity => 10 });
$s->must(POST => "/v1/events/$berlin->{id}/publish", {});
my ($clock) = $now->() =~ /^(.{19})/;
my $epoch = one_value($s, 'select extract(epoch from ?::timestamp)::bigint', $clock);
$code->('LOCAL', ends_at => strftime('%Y-%m-%dT%H:%M:%S', gmtime($epoch + 4 * 3600)));
applies('four hours to go where the event is', { Floor => 1 }, promo_code => 'LOCAL');
is($s->must(POST => '/v1/quotes', { event => $berlin->{id}, items => [ { ticket_type => $tokyo_type->{id}, quantity => 1 } ], promo_code => 'LOCAL' })->{promo}{reason},
    'promo_expired', '... long over in Tokyo');

# --- hidden ticket types -------------------------------------------------------------------------

my $hidden = sub { my (%order) = @_; $s->call(POST => '/v1/orders', $s->order_body($shop, { Secret => 1 }, %order)) };
problem_ok($hidden->(), 404, 'not_found', 'a hidden type without a code');
$code->('DOOR', discount => undef, opens_ticket_types => [ $shop->{types}{Secret} ], max_redemptions => 2);
my $in = $hidden->(access_code => 'door')->{json};
is($in->{status}, 'held', 'an access code opens it');
is_deeply([ @{$in}{qw(promo_code promos access_code)} ], [ undef, [], 'DOOR' ], '... and is no promo code');
is_deeply($s->must(GET => "/v1/orders/$in->{id}"), $in, '... which the order goes on saying');
my $door = $hidden->(promo_code => 'DOOR', access_code => 'door')->{json};
is($door->{amounts}{total}, $in->{amounts}{total}, 'so it does as a promo code');
is_deeply([ @{$door}{qw(promo_code promos access_code)} ], [ 'DOOR', [ { code => 'DOOR', discount => 0 } ], undef ], '... with one use, if it is named as both');
my $access = sub {
    my ($cart, @order) = @_;
    my $got = $s->call(POST => '/v1/quotes', $s->order_body($shop, $cart, @order));
    return "$got->{status} $got->{json}{code}" if $got->{status} != 200;
    my $told = $got->{json}{access};
    return join ' ', $told->{applied} ? 'applied' : 'refused', grep { defined } @{$told}{qw(code reason)};
};
my $used_up = $hidden->(access_code => 'DOOR');
problem_ok($used_up, 409, 'promo_exhausted', '... as often as it may');
is($used_up->{json}{detail}, 'DOOR: the code is used up', '... by its name');
is($access->({ Secret => 1 }, access_code => 'DOOR'), '409 promo_exhausted', '... in a quote too');
is($access->({ Floor => 1 }, access_code => 'door'), 'refused door promo_exhausted', '... which who does not need it is only told');
is($s->buy($shop, { Floor => 1 }, access_code => 'DOOR')->{json}{status}, 'held', '... or not even that');
my $gate = $code->('GATE', discount => undef, opens_ticket_types => [ $shop->{types}{Secret} ]);
is($access->({ Secret => 1, Floor => 1 }, access_code => 'GATE'), 'applied GATE', 'a quote says that an access code applies');
is($access->({ Secret => 1 }, access_code => 'GATE', promo_code => 'gate'), 'applied GATE', '... also where it is a promo code as well');
is($access->({ Floor => 1 }, access_code => 'GATE'), 'refused GATE promo_not_applicable', '... or that it is not needed');
is($s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }))->{access}, undef, '... and nothing where there is none');
$patch->($gate, active => $no);
is($access->({ Floor => 1 }, access_code => 'GATE'), 'refused GATE promo_expired', 'switched off, it is told of');
is($access->({ Floor => 1 }, access_code => 'GATE', promo_code => 'OFF'), 'refused GATE promo_expired', '... beside a promo code');
my $off_now = $hidden->(access_code => 'GATE');
problem_ok($off_now, 409, 'promo_expired', '... and opens nothing');
is($off_now->{json}{detail}, 'GATE: the code was switched off', '... by its name');
is($s->buy($shop, { Floor => 1 }, access_code => 'GATE')->{json}{status}, 'held', '... but does no harm');
for my $wrong ('OFF', 'WRONG', "' or 1=1") {
    is($access->({ Floor => 1 }, access_code => $wrong), "refused $wrong promo_unknown", "$wrong is no access code");
    is($s->buy($shop, { Floor => 1 }, access_code => $wrong)->{json}{status}, 'held', '... which does no harm');
    is($access->({ Crew => 1 }, access_code => $wrong), '404 not_found', '... nor tells of a hidden type');
    problem_ok($s->buy($shop, { Crew => 1 }, access_code => $wrong), 404, 'not_found', '... nor sells it');
}
$code->('PRESALE', discount => undef, opens_ticket_types => [ $shop->{types}{Secret} ]);
problem_ok($s->buy($shop, { Crew => 1 }, access_code => 'PRESALE'), 404, 'not_found', 'a code opens its own types');
my $both = $hidden->(access_code => 'PRESALE', promo_code => 'OFF')->{json};
is("$both->{status} $both->{amounts}{discount} $both->{promo_code} $both->{access_code}", 'held 700 OFF PRESALE', 'a promo code beside an access code');
my $idle = $s->buy($shop, { Floor => 1 }, access_code => 'PRESALE')->{json};
is($idle->{status}, 'held', 'an access code that is not needed does no harm');
is($idle->{access_code}, undef, '... and is not shown');
is(one_value($s, q{select count(*) from app.promo_uses where code = 'PRESALE'}), 1, '... and takes no slot');

# --- guessing ---------------------------------------------------------------------------------------

$shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);     # an event that nobody has guessed for
$code->('OFF');
my $quote_as = sub { my ($key, $code, %more) = @_; $s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => $code, %more), key => $key) };
my $miss = $quote_as->('platform', 'GUESS0', client => { ip => '192.0.2.1' });
is($miss->{json}{promo}{reason}, 'promo_unknown', 'a guess');
my $n = 0;
$n++ while $n < 300 && $quote_as->('platform', "GUESS$n", client => { ip => '192.0.2.1' })->{status} == 200;
cmp_ok($n, '>=', 95, "a caller may guess for a while ($n)");
cmp_ok($n, '<=', 109, '... but not for long');
my $slowed = $quote_as->('platform', 'OFF', client => { ip => '192.0.2.1' });
problem_ok($slowed, 429, 'rate_limited', '... then even a code that exists is not told');
cmp_ok($slowed->{headers}{'retry-after'}, '>=', 1, '... and when to come again');
problem_ok($s->buy($shop, { Floor => 1 }, promo_code => 'OFF', client => { ip => '192.0.2.1' }), 429, 'rate_limited', '... nor sold with');
is($s->buy($shop, { Floor => 1 }, client => { ip => '192.0.2.1' })->{json}{status}, 'held', '... but without a code it is sold to');
is($quote_as->('platform', 'OFF', client => { ip => '192.0.2.2' })->{json}{promo}{applied}, $yes, 'another client of the same server is not concerned');
$quote_as->('platform', "MORE$_", client => { ip => "198.51.100.$_" }) for 1 .. 40;
problem_ok($quote_as->('platform', 'OFF', client => { ip => '203.0.113.9' }), 429, 'rate_limited', 'until the event has had too many from everywhere');
$s->books_ok;
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
