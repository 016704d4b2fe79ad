# Proves that each of the four forms of an access token stands for exactly one
# organizer or guest, lives as long as asked and at most a day, and shows a
# guest no more than its own. By making each form and looking through its eyes.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;
use Time::Local qw(timegm);

my $s = Stack->up(pay => 1, hook => 1, api => 2, env => { BOXOFFICE_RATE_TOKEN_PER_SECOND => 100000, BOXOFFICE_RATE_PAY_PER_MINUTE => 100000 });
my $shop  = $s->shop(types => [ [ 'Floor', 5000, 100 ], [ 'Secret', 1000, 10, { hidden => JSON::PP::true } ] ]);
my $order = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
my $make  = sub { my ($body) = @_; return $s->call(POST => '/v1/access_tokens', $body) };
my $left  = sub { my ($y, $m, $d, $h, $i, $sec) = $_[0] =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/; return timegm($sec, $i, $h, $d, $m - 1, $y) - time };

# --- the four forms ---------------------------------------------------------------

my %form = (
    organizer => [ { organizer => $shop->{organizer} },          'organizer', { organizer => $shop->{organizer} } ],
    guest     => [ { guest => $order->{guest}{id} },             'guest',     { guest => $order->{guest}{id} } ],
    order     => [ { order => $order->{id} },                    'guest',     { guest => $order->{guest}{id} } ],
    email     => [ { email => 'new@guest.example', name => 'N' }, 'guest',    {} ],
);
my %token;
for my $form (sort keys %form) {
    my ($body, $role, $members) = @{ $form{$form} };
    my $got = $make->($body);
    is($got->{status}, 201, "a token by $form") or diag($got->{body});
    my $t = $token{$form} = $got->{json};
    like($t->{id},    qr/^att_[0-9a-z]{26}$/, '... with an id');
    like($t->{token}, qr/^at_[0-9a-z]{52}$/,  '... and a secret');
    is_deeply([ @$t{qw(object role)} ], [ 'access_token', $role ], "... for the role $role");
    is($t->{$_}, $members->{$_}, "... of that $_") for sort keys %$members;
    my $seconds = $left->($t->{expires_at});
    ok($seconds > 3590 && $seconds <= 3600, '... for an hour') or diag($t->{expires_at});
}
isnt($make->($form{email}[0])->{json}{guest}, $token{email}{guest}, 'the same e-mail address twice is two guests: it proves nothing');

# --- how long ----------------------------------------------------------------------

for my $ttl (1, 60, 86400) {
    my $seconds = $left->($make->({ organizer => $shop->{organizer}, ttl_seconds => $ttl })->{json}{expires_at});
    ok(abs($seconds - $ttl) <= 2, "$ttl s as asked");
}
fields_ok($make->({ organizer => $shop->{organizer}, ttl_seconds => $_ }), { '/ttl_seconds' => 'out_of_range' }, "$_ s") for 0, -1, 86401;

# --- exactly one form -----------------------------------------------------------------

fields_ok($make->({}), { '/email' => 'missing' }, 'for nobody');
fields_ok($make->({ organizer => $shop->{organizer}, order => $order->{id} }), { '/organizer' => 'unknown_value' }, 'for two');
fields_ok($make->({ email => 'a@a.example' }), { '/name' => 'missing' }, 'an address without a name');
fields_ok($make->({ name => 'A' }), { '/email' => 'missing' }, 'a name without an address');
fields_ok($make->({ email => 'nobody', name => '' }), { '/email' => 'out_of_range', '/name' => 'out_of_range' }, 'neither of them good');
fields_ok($make->({ guest => $order->{id} }), { '/guest' => 'wrong_type' }, 'an order as a guest');
my $near = sub { my $id = shift; substr $id, -1, 1, substr($id, -1) eq '1' ? '2' : '1'; return $id };
problem_ok($make->({ organizer => $near->($shop->{organizer}) }), 404, 'not_found', 'an organizer that is not there');
problem_ok($make->({ order => $near->($order->{id}) }),           404, 'not_found', 'an order that is not there');
problem_ok($make->({ guest => $near->($order->{guest}{id}) }),    404, 'not_found', 'a guest that is not there');

# --- what a guest sees -------------------------------------------------------------------

my $by = sub { my ($form, @call) = @_; return $s->call(@call, @call < 3 ? undef : (), key => $token{$form}{token}) };
for my $form (qw(order guest)) {
    my $got = $by->($form, GET => "/v1/orders/$order->{id}");
    is($got->{status}, 200, "the guest by $form sees the order");
    is_deeply([ grep { exists $got->{json}{amounts}{$_} } qw(absorbed_fee share reserve) ], [], '... but not what the organizer gets');
    is($got->{json}{amounts}{total}, $order->{amounts}{total}, '... and what was paid');
}
is_deeply([ grep { exists $by->('organizer', GET => "/v1/orders/$order->{id}")->{json}{amounts}{$_} } qw(absorbed_fee share reserve) ],
    [qw(absorbed_fee share reserve)], 'the organizer sees its share');
problem_ok($by->('email', GET => "/v1/orders/$order->{id}"), 404, 'not_found', 'another guest does not see the order');
is($by->('email', POST => '/v1/quotes', { %{ $s->order_body($shop, { Floor => 1 }) }, guest => undef })->{json}{amounts}{total}, $order->{amounts}{total},
    'a guest is told a price');
problem_ok($by->('email', POST => '/v1/quotes', { %{ $s->order_body($shop, { Secret => 1 }) }, guest => undef }), 404, 'not_found',
    '... but not that of a hidden ticket type');
for my $call ([ GET => '/v1/events' ], [ GET => "/v1/events/$shop->{event}" ], [ GET => "/v1/events/$shop->{event}/ticket_types" ],
     [ GET => '/v1/organizers' ], [ GET => "/v1/organizers/$shop->{organizer}" ], [ GET => '/v1/ledger/entries' ],
    [ POST => "/v1/events/$shop->{event}/pause" ], [ PATCH => "/v1/events/$shop->{event}", { name => 'X' } ], [ POST => '/v1/access_tokens',
        { order => $order->{id} } ]) {
    problem_ok($by->('order', @$call), 403, 'forbidden', "a guest may not @$call[0] @{[ $call->[1] =~ s/(evt|org)_\w+/{$1}/r ]}");
}
is_deeply([ sort map { $_->{name} } @{ $by->('organizer', GET => "/v1/events/$shop->{event}/ticket_types")->{json}{data} } ], [qw(Floor Secret)],
    'its organizer sees all ticket types');

# --- what a guest does ----------------------------------------------------------------------

my $mine = $by->('email', POST => '/v1/orders', { %{ $s->order_body($shop, { Floor => 1 }) }, guest => undef, payment_token => 'tok_insufficient_funds' });
problem_ok($mine, 402, 'card_declined', 'a guest pays with a card that has too little');
is($mine->{json}{decline_code}, 'generic_decline', '... and is not told why');
is($mine->{json}{order}{guest}{email}, 'new@guest.example', '... for the guest that the token was made for');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_insufficient_funds')->{json}{decline_code}, 'insufficient_funds', 'the platform is told');
my $id = $mine->{json}{order}{id};
is($by->('email', GET => "/v1/orders/$id")->{json}{payments}[0]{decline_code}, 'generic_decline', 'nor does the order tell the guest');
is($by->('email', POST => "/v1/orders/$id/pay", { payment_token => 'tok_visa' })->{json}{status}, 'paid', 'with a better card it is paid');
is_deeply([ map { $_->{id} } @{ $by->('email', GET => '/v1/orders')->{json}{data} } ], [$id], '... and the guest\'s list has it');

# --- the end --------------------------------------------------------------------------------------

problem_ok($s->call(DELETE => "/v1/api_keys/$token{email}{id}", undef, key => 'admin'), 404, 'not_found', 'a token is no key');
is($s->call(DELETE => "/v1/access_tokens/$token{email}{id}")->{json}{deleted}, JSON::PP::true, 'the platform revokes a token');
problem_ok($by->('email', GET => '/v1/orders'), 401, 'unauthenticated', 'it ends at once');
is($by->('order', GET => '/v1/orders')->{status}, 200, '... and no other does');
problem_ok($s->call(DELETE => "/v1/access_tokens/$token{email}{id}"), 404, 'not_found', 'a second time there is nothing to revoke');

$s->books_ok;
done_testing;
