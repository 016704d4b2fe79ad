# Proves that every field of a promo code has its default, takes what it may and
# names what it may not, that codes are changed by version and listed whole, are
# their organizer's alone, and that only the platform gives away its own money.
# By making, changing and listing codes as platform, organizer and neighbour.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;

my ($YES, $NO) = (JSON::PP::true, JSON::PP::false);
my $s     = Stack->up(pay => 1, hook => 1, api => 2);
my $shop  = $s->shop(types => [ [ Floor => 5000, 100 ], [ Balcony => 3000, 40 ], [ Secret => 9000, 10, { hidden => $YES } ] ]);
my $other = $s->shop;
my %as    = map { $_->[0] => $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $_->[1]{organizer}, name => $_->[0] }, key => 'admin')->{key} }
    [ own => $shop ], [ their => $other ];
my ($floor, $balcony, $secret) = @{ $shop->{types} }{qw(Floor Balcony Secret)};
my $second = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Second', starts_at => '2031-01-01T10:00:00Z',
    ends_at => '2031-01-01T12:00:00Z' })->{id};
my $later  = $s->must(POST => "/v1/events/$second/ticket_types", { name => 'Later', price => 1000, quantity => 10 })->{id};
my $json   = JSON::PP->new->canonical->allow_nonref;
my $ten    = { type => 'percent', percent_bps => 1000 };
my $make   = sub { my ($body, %h) = @_; return $s->call(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, discount => $ten, %$body }, %h) };
my $made   = sub { my $got = $make->(@_); is($got->{status}, 201, 'it is made') or diag($got->{body}); return $got->{json} };
my $change = sub { my ($id, $body, %h) = @_; return $s->call(PATCH => "/v1/promo_codes/$id", $body, %h) };

# --- as little as there can be, and all there is --------------------------------------

my $got = $make->({});
is($got->{status}, 201, 'a code of its organizer and discount alone') or diag($got->{body});
my $least = $got->{json};
like($least->{id}, qr/^pro_[0-9a-z]{26}$/, '... has an id');
like($least->{code}, qr/^[0-9A-HJKMNP-TV-Z]{8}$/, '... and a code that was thought up: 8 characters');
isnt($made->({})->{code}, $least->{code}, '... another each time');
is($got->{headers}{etag}, '"1"', '... in its first version');
is_deeply({ map { $_ => $least->{$_} } grep { !/^(?:id|code|created_at)$/ } keys %$least }, {
    object => 'promo_code', organizer => $shop->{organizer}, discount => $ten, currency => 'USD', events => [], ticket_types => [], opens_ticket_types => [],
    max_redemptions => undef, max_per_guest => undef, budget_amount => undef, min_order_amount => 0, min_tickets => 0, starts_at => undef, ends_at => undef,
    funder => 'organizer', stacks => $NO, return_on_refund => $NO, active => $YES, batch => undef, times_redeemed => 0, discount_given => 0,
}, '... with these defaults');
my $read = $s->call(GET => "/v1/promo_codes/$least->{id}");
is($read->{body}, $got->{body}, '... is read as it was made');
is($read->{headers}{etag}, '"1"', '... with its ETag');

my %full = (
    code => 'Early_Bird-7', discount => { type => 'fixed', amount => 1500, per => 'ticket' }, currency => 'USD', events => [ $shop->{event} ],
    ticket_types => [ $floor, $balcony ], opens_ticket_types => [$secret], max_redemptions => 100, max_per_guest => 2, budget_amount => 50000,
    min_order_amount => 3000, min_tickets => 2, starts_at => '2026-11-24T22:00:00.999+02:00', ends_at => '2031-12-01T18:00:00Z',
    funder => { platform_bps => 2500 }, stacks => $YES, return_on_refund => $YES, active => $NO,
);
my $full = $made->(\%full);
is($json->encode($full->{$_}), $json->encode($_ eq 'starts_at' ? '2026-11-24T20:00:00Z' : $full{$_}), "$_ is shown as it was given") for sort keys %full;

# --- each field: what it takes --------------------------------------------------------

my $id    = $made->({})->{id};
my @takes = (
    [ discount => { type => 'percent', percent_bps => 1 } ], [ discount => { type => 'percent', percent_bps => 10000 } ],
    [ discount => { type => 'fixed', amount => 1, per => 'order' } ], [ discount => { type => 'fixed', amount => 10**12, per => 'ticket' } ],
    [ discount => { type => 'fixed', amount => 5 }, { type => 'fixed', amount => 5, per => 'order' } ], [ discount => $ten ],
    [ currency => 'USD' ], [ events => [] ], [ events => [ $shop->{event}, $second ] ], [ ticket_types => [ $floor, $later ] ], [ opens_ticket_types => [$secret] ],
    (map { my $f = $_; map { [ $f->[0] => $_ ] } @$f[ 1, 2 ] } [ 'max_redemptions', 1, 10**7 ], [ 'max_per_guest', 1, 1000 ], [ 'budget_amount', 1, 10**12 ],
        [ 'min_order_amount', 0, 10**12 ], [ 'min_tickets', 0, 1000 ]),
    [ starts_at => '2026-11-24T20:00', '2026-11-24T20:00:00' ], [ starts_at => '2026-11-24T20:00:30' ], [ starts_at => '2026-11-24T20:00:00Z' ],
    [ ends_at => '2031-06-01T00:30:00+01:00', '2031-05-31T23:30:00Z' ], [ ends_at => '2020-01-01T00:00', '2020-01-01T00:00:00' ],
           # by a clock of some zone: no telling
    [ funder => 'platform' ], [ funder => 'organizer' ], [ funder => { platform_bps => 5000 } ], [ funder => { platform_bps => 10000 }, 'platform' ],
    [ funder => { platform_bps => 0 }, 'organizer' ], (map { my $f = $_; map { [ $f => $_ ] } $YES, $NO } qw(stacks return_on_refund active)), [ active => $YES ],
);
for my $case (@takes) {
    my ($field, $value, $shown) = @$case;
    my $got = $change->($id, { $field => $value });
    is($got->{status} . ' ' . $json->encode($got->{json}{$field}), '200 ' . $json->encode($shown // $value),
        "$field takes " . $json->encode($value)) or diag($got->{body});
}
is($json->encode($change->($id, { $_->[0] => undef })->{json}{ $_->[0] }), $json->encode($_->[1]), "null clears $_->[0]") for (map { [ $_, undef ] } qw(max_redemptions
    max_per_guest budget_amount starts_at ends_at)), (map { [ $_, 0 ] } qw(min_order_amount min_tickets)), (map { [ $_,
        [] ] } qw(events ticket_types)), [ funder => 'organizer' ];
fields_ok($change->($id, { map { $_ => undef } qw(active stacks return_on_refund currency) }),
    { map { $_ => 'wrong_type' } qw(/active /stacks /return_on_refund /currency) }, '... but nothing that always is something');
is($json->encode($change->($id, { discount => undef })->{json}{discount}), 'null', '... and the discount, of a code that opens ticket types');
fields_ok($change->($id, { opens_ticket_types => undef }), { '/discount' => 'out_of_range' }, '... which it must go on doing then');
is($change->($id, { discount => $ten, opens_ticket_types => [] })->{status}, 200, '... or give a discount instead');
$made->({ discount => undef, opens_ticket_types => [$secret], code => 'OPEN-SESAME' });

# --- and what not -----------------------------------------------------------------------

my ($type, $range, $unknown) = qw(wrong_type out_of_range unknown_value);
my $event = $shop->{event};
my @refuses = (
    [ code => $range => '', 'x' x 41, 'a b', 'ä', 'a.b', "a\n", 'a/b' ], [ code => $type => 7, [], {}, $YES ],
    [ discount => $type => 1000, [], 'ten' ], [ currency => $unknown => 'usd', 'XXX' ],
    [ '/discount/type' => missing => [ discount => {} ], [ discount => { percent_bps => 5 } ] ], [ '/discount/type' => $unknown => [ discount => { type => 'free' } ] ],
    [ '/discount/percent_bps' => missing => [ discount => { type => 'percent' } ] ],
    [ '/discount/percent_bps' => $range => map { [ discount => { type => 'percent', percent_bps => $_ } ] } 0, 10001, -1 ],
    [ '/discount/percent_bps' => $type => [ discount => { type => 'percent', percent_bps => '5' } ] ],
    [ '/discount/amount' => unknown_field => [ discount => { type => 'percent', percent_bps => 5, amount => 5 } ] ],
    [ '/discount/percent_bps' => unknown_field => [ discount => { type => 'fixed', percent_bps => 5, amount => 5 } ] ],
    [ '/discount/amount' => missing => [ discount => { type => 'fixed' } ] ], [ '/discount/per' => $unknown => [ discount => { type => 'fixed',
        amount => 5, per => 'seat' } ] ],
    [ '/discount/amount' => $range => map { [ discount => { type => 'fixed', amount => $_ } ] } 0, 10**12 + 1 ],
    (map { [ $_ => $type => 'x', 7, {} ] } qw(events ticket_types opens_ticket_types)), [ events => $range => [ ($event) x 201 ] ],
    [ '/events/1' => $type => map { [ events => [ $event, $_ ] ] } 'evt_', $floor, 7, undef, [] ], [ '/ticket_types/0' => $type => [ ticket_types => [$event] ] ],
    [ '/opens_ticket_types/0' => $type => [ opens_ticket_types => ['x'] ] ],
    [ max_redemptions => $range => 0, 10**7 + 1 ], [ max_per_guest => $range => 0, 1001 ], [ budget_amount => $range => 0, 10**12 + 1 ],
        [ min_order_amount => $range => -1 ],
    [ min_tickets => $range => -1, 1001 ], (map { [ $_ => $type => '1', $YES, [], 1.5 ] } qw(max_redemptions max_per_guest budget_amount min_order_amount min_tickets)),
    (map { [ $_ => $range => '', 'soon', '2026-11-24', '2026-11-24T25:00', '2026-02-29T10:00:00Z', '2026-11-24T20:00+01:00', '2026-11-24 20:00',
        '2026-11-24T20:00:00.5' ],
        [ $_ => $type => 7, [], $YES ] } qw(starts_at ends_at)),
    [ funder => $unknown => 'guest', '' ], [ funder => $type => 5000, [], $YES ], [ '/funder/platform_bps' => missing => [ funder => {} ] ],
    [ '/funder/platform_bps' => $range => map { [ funder => { platform_bps => $_ } ] } -1, 10001 ],
    [ '/funder/organizer_bps' => unknown_field => [ funder => { platform_bps => 1, organizer_bps => 9999 } ] ],
    (map { [ $_ => $type => 'true', 1, [] ] } qw(stacks return_on_refund active)),
    (map { [ $_ => unknown_field => 1 ] } qw(times_redeemed discount_given batch id created_at colour)),
);
for my $case (@refuses) {
    my ($field, $code, @values) = @$case;
    my $pointer = $field =~ m{^/} ? $field : "/$field";
    my @open;
    for my $value (@values) {
        my $body = $field =~ m{^/} ? {@$value} : { $field => $value };
        for my $got ($make->($body), $field eq 'code' ? () : $change->($id, $body)) {
            my $named = join ' ', "$got->{status}", map { "$_->{pointer} $_->{code}" } @{ $got->{json}{errors} || [] };
            push @open, $json->encode($body) . ": $named" if $named ne "400 $pointer $code";
        }
    }
    is(join("\n", @open), '', "$pointer $code: " . @values . ' values are refused, new and in PATCH');
}
fields_ok($s->call(POST => '/v1/promo_codes', {}), { '/organizer' => 'missing', '/discount' => 'missing' }, 'a code of nothing');
fields_ok($make->({ code => '!', max_per_guest => 0, funder => 7, events => ['x'], colour => 1 }), { '/code' => $range, '/max_per_guest' => $range,
    '/funder' => $type, '/events/0' => $type, '/colour' => 'unknown_field' }, 'all that is wrong is named at once');
fields_ok($change->($id, { $_ => 'X' }), { "/$_" => 'unknown_field' }, "the $_ of a code stays what it is") for qw(code organizer);
problem_ok($make->({ currency => 'EUR' }), 400, 'currency_mismatch', 'a code in another currency');
problem_ok($change->($id, { currency => 'EUR' }), 400, 'currency_mismatch', '... nor by a change');
my $young = $s->must(POST => '/v1/organizers', { name => 'Y', email => 'y@y.example', country => 'DE', currency => 'USD' })->{id};
$s->must(POST => '/v1/promo_codes', { organizer => $young, discount => $ten });
problem_ok($s->call(PATCH => "/v1/organizers/$young", { currency => 'EUR' }), 400, 'currency_mismatch', '... nor does the organizer\'s change under its codes');

# --- fields that bind each other, and the organizer's own ----------------------------------

my ($theirs, $their_type) = ($other->{event}, $other->{types}{Floor});
for my $case (
    [ 'a code that is there', '/code', { code => 'Early_Bird-7' } ], [ '... in whatever case', '/code', { code => 'EARLY_bird-7' } ],
    [ 'neither a discount nor ticket types', '/discount', { discount => undef, opens_ticket_types => [] } ],
    [ 'an end before the start', '/ends_at', { starts_at => '2030-01-02T00:00:00Z', ends_at => '2030-01-01T00:00:00Z' } ],
    [ '... in instants of different zones', '/ends_at', { starts_at => '2030-01-01T10:00:00+02:00', ends_at => '2030-01-01T08:00:00Z' } ],
    [ '... by local time', '/ends_at', { starts_at => '2030-01-02T00:00', ends_at => '2030-01-02T00:00:00' } ],
    [ 'an event of another organizer', '/events/1', { events => [ $event, $theirs ] } ], [ 'a ticket type of it', '/ticket_types/0',
        { ticket_types => [$their_type] } ],
    [ '... to open', '/opens_ticket_types/1', { opens_ticket_types => [ $secret, $their_type ] } ],
    [ 'a ticket type of none of the events', '/ticket_types/1', { events => [$event], ticket_types => [ $floor, $later ] } ],
    [ '... to open', '/opens_ticket_types/0', { events => [$second], opens_ticket_types => [$secret] } ],
) {
    my ($name, $pointer, $body) = @$case;
    fields_ok($make->($body), { $pointer => $range }, $name);
    fields_ok($change->($id, $body), { $pointer => $range }, "$name, in PATCH") if $pointer ne '/code';
}
my $mixed = $make->({ starts_at => '2030-01-02T00:00:00Z', ends_at => '2030-01-01T20:00' });
is($mixed->{status}, 201, 'an instant and a local time are not compared: the zone decides, where it is used');
my $name = $s->call(POST => '/v1/promo_codes', { organizer => $other->{organizer}, discount => $ten, code => 'early_bird-7' });
is($name->{status}, 201, 'another organizer may use the same code');

# --- whose it is, and whose money ------------------------------------------------------------

my $own = $s->call(POST => '/v1/promo_codes', { discount => $ten, max_redemptions => 10 }, key => $as{own});
is_deeply([ $own->{status}, $own->{json}{organizer} ], [ 201, $shop->{organizer} ], 'an organizer makes a code without naming itself');
my $path = "/v1/promo_codes/$own->{json}{id}";
problem_ok($s->call(GET => $path, undef, key => $as{their}), 404, 'not_found', 'a neighbour does not see it');
problem_ok($s->call(GET => "$path/usage", undef, key => $as{their}), 404, 'not_found', '... nor its usage');
problem_ok($s->call(PATCH => $path, { active => $NO }, key => $as{their}), 404, 'not_found', '... nor changes it');
problem_ok($s->call(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, discount => $ten }, key => $as{their}), 404, 'not_found', '... nor makes one for it');
problem_ok($s->call(GET => "/v1/promo_codes?organizer=$shop->{organizer}", undef, key => $as{their}), 404, 'not_found', '... nor lists its codes');
is_deeply([ map { $_->{id} } @{ $s->must(GET => '/v1/promo_codes', undef, key => $as{their})->{data} } ], [ $name->{json}{id} ], '... but its own');
problem_ok($s->call(GET => '/v1/promo_codes/' . $shop->{organizer} =~ s/^org/pro/r), 404, 'not_found', 'an id that nobody has');
problem_ok($s->call(PATCH => '/v1/promo_codes/pro_' . '0' x 26, { active => $NO }), 404, 'not_found', '... nor can change');

for my $funder ('platform', { platform_bps => 1 }, { platform_bps => 10000 }) {
    my $named = $json->encode($funder);
    fields_ok($s->call(POST => '/v1/promo_codes', { discount => $ten, funder => $funder }, key => $as{own}), { '/funder' => $range },
        "an organizer can't have $named pay");
    fields_ok($s->call(PATCH => $path, { funder => $funder }, key => $as{own}), { '/funder' => $range }, '... nor later');
}
is($s->call(POST => '/v1/promo_codes', { discount => $ten, funder => 'organizer' }, key => $as{own})->{status}, 201, '... but may say that it pays itself');
is($s->call(PATCH => $path, { max_redemptions => 20 }, key => $as{own})->{json}{max_redemptions}, 20, '... and change its own codes');
is($change->($own->{json}{id}, { funder => { platform_bps => 5000 } })->{status}, 200, 'the platform joins in');
problem_ok($s->call(PATCH => $path, $_, key => $as{own}), 403, 'forbidden', 'and from then on the organizer can\'t change ' . join ' ', sort keys %$_)
    for { discount => { type => 'percent', percent_bps => 10000 } }, { max_redemptions => undef }, { active => $YES }, { active => $NO,
        budget_amount => 10**9 }, { funder => 'organizer' };
is($s->call(PATCH => $path, { active => $NO }, key => $as{own})->{json}{active}, $NO, '... but switch it off');

# --- versions ------------------------------------------------------------------------------------

my $before = $s->call(GET => "/v1/promo_codes/$full->{id}");
my $etag   = $before->{headers}{etag};
my $after  = $change->($full->{id}, { min_tickets => 3 }, 'If-Match' => $etag);
is_deeply($after->{json}, { %{ $before->{json} }, min_tickets => 3 }, 'a change changes what it names and nothing else');
isnt($after->{headers}{etag}, $etag, '... and the ETag');
problem_ok($change->($full->{id}, { min_tickets => 4 }, 'If-Match' => $etag), 412, 'etag_mismatch', 'by the ETag of before');
is($change->($full->{id}, {})->{status}, 200, 'a change of nothing');
my $now     = $s->call(GET => "/v1/promo_codes/$full->{id}")->{headers}{etag};
my @answers = $s->parallel(8, sub { $change->($full->{id}, { max_per_guest => 1 + $_[0] }, 'If-Match' => $now)->{status} });
is_deeply([ sort @answers ], [ 200, (412) x 7 ], 'of eight changes to one version one is made');
my @twins = sort map { $_->{status} } $s->parallel(8, sub { $make->({ code => 'ONE-OF-EIGHT' }) });
is_deeply(\@twins, [ 201, (400) x 7 ], 'of eight codes of one name at once one is made');
my $again = $make->({ code => 'ONCE' }, idem => 'once');
is($make->({ code => 'ONCE' }, idem => 'once')->{body}, $again->{body}, 'a repeated key gets the code that was made');

# --- lists ---------------------------------------------------------------------------------------

my $all  = $s->must(GET => "/v1/promo_codes?organizer=$shop->{organizer}&limit=100")->{data};
my @seen = map { $_->{id} } @{ $all };
my ($count) = $s->dbh->selectrow_array(q{select count(*) from app.promo_codes where org = (select org from app.promo_codes where code = 'Early_Bird-7')});
is(scalar @seen, $count, 'all codes are listed');
my ($cursor, @paged) = '';
do {
    my $page = $s->must(GET => "/v1/promo_codes?organizer=$shop->{organizer}&limit=4$cursor");
    push @paged, map { $_->{id} } @{ $page->{data} };
    $cursor = $page->{next_cursor} ? "&cursor=$page->{next_cursor}" : undef;
} while defined $cursor && @paged < 100;
is("@paged", "@seen", '... and by four, in the same order, newest first');
is_deeply($all->[-1], $s->must(GET => "/v1/promo_codes/$least->{id}"), '... each as it is read alone');
my $list = sub { my ($query, %h) = @_; return join ' ', map { $_->{code} } @{ $s->must(GET => "/v1/promo_codes?$query", undef, %h)->{data} } };
is($list->("code=early_BIRD-7&organizer=$shop->{organizer}"), 'Early_Bird-7', 'by code, in whatever case');
is($list->('code=early_BIRD-7', key => 'admin'), 'early_bird-7 Early_Bird-7', '... of every organizer, for the staff');
is($list->('code=early_BIRD-7', key => $as{own}), 'Early_Bird-7', '... its own, for an organizer');
is($list->('code=nobody'), '', '... none');
is_deeply([ map { $_->{active} } @{ $s->must(GET => '/v1/promo_codes?active=false')->{data} } ], [ $NO, $NO ], 'those that are switched off');
is(scalar(grep { !$_->{active} } @{ $s->must(GET => '/v1/promo_codes?active=true&limit=100')->{data} }), 0, '... and those that are not');
is($list->('batch=' . $shop->{organizer} =~ s/^org/bat/r), '', 'a batch that is not');
fields_ok($s->call(GET => '/v1/promo_codes?active=yes&batch=x&colour=red&limit=0'), { '?active' => $unknown, '?batch' => $type,
    '?colour' => 'unknown_field', '?limit' => $range },
    'parameters that make no sense');
fields_ok($s->call(GET => "/v1/promo_codes?code=$_"), { '?code' => $range }, 'a code that can be none: ' . length) for '', 'x' x 41;

# --- what it has done ------------------------------------------------------------------------------

my $deal = $made->({ code => 'DEAL', max_redemptions => 3, max_per_guest => 2, funder => { platform_bps => 5000 } })->{id};
my $buy  = sub {
    my ($who, @paid) = @_;
    return $s->buy($shop, { Floor => 2 }, promo_code => 'deal', guest => { email => $who . '@guest.example', name => $who }, @paid ? (payment_token => @paid) : ());
};
my $does = sub { my $p = $s->must(GET => "/v1/promo_codes/$deal"); return "$p->{times_redeemed} $p->{discount_given}" };
is($buy->('ada', 'tok_visa')->{json}{amounts}{discount}, 1000, 'an order is paid with it');
is($does->(), '1 1000', '... which counts, with its discount');
my $held = $buy->('bea')->{json};
is($does->(), '2 1000', 'one that is held counts, without');
$s->must(POST => '/v1/orders/' . $buy->('cleo')->{json}{id} . '/cancel');
is($does->(), '2 1000', 'one that was cancelled does not');
problem_ok($change->($deal, { max_redemptions => 1 }), 409, 'state_conflict', 'a limit below that');
like($change->($deal, { max_redemptions => 1 })->{json}{detail}, qr/2 times/, '... which says how much it is');
is($change->($deal, { max_redemptions => 2 })->{status}, 200, '... and down to it');
problem_ok($buy->('dora'), 409, 'promo_exhausted', 'one more');
is($change->($deal, { max_redemptions => undef, budget_amount => 2500 })->{status}, 200, 'a budget in its place');
problem_ok($change->($deal, { budget_amount => 1999 }), 409, 'state_conflict', '... not below what is spent and held');
is($buy->('ada', 'tok_visa')->{status}, 409, '... which 500 are too few for');
$s->must(PATCH => "/v1/promo_codes/$deal", { budget_amount => 3000 });
$buy->('ada', 'tok_visa');
is_deeply($s->must(GET => "/v1/promo_codes/$deal/usage", undef, key => $as{own}), { object => 'promo_usage', promo_code => $deal, currency => 'USD',
    discount_given => 2000, list => 20000, revenue => 18000, guests => 1, flagged => 0, flagged_orders => [],
    redemptions => { reserved => 1, committed => 2, returned => 0 }, funded_by => { organizer => 1000, platform => 1000 } }, 'its usage says who paid how much for what');
$change->($deal, { active => $NO });
problem_ok($buy->('emma'), 409, 'promo_expired', 'switched off, it is refused at once');

# --- the books ------------------------------------------------------------------------------------

my $audit = $s->dbh->selectcol_arrayref(q{select action || ' ' || version from ops.audit
    where object_id = (select id from app.promo_codes where code = 'Early_Bird-7') order by version});
is("@$audit", 'promo_code.created 1 promo_code.updated 2 promo_code.updated 3 promo_code.updated 4', 'every change has its audit row');
is_deeply($s->must(GET => "/v1/promo_codes/$full->{id}/usage"), { object => 'promo_usage', promo_code => $full->{id}, currency => 'USD', discount_given => 0, list => 0,
    revenue => 0, guests => 0, flagged => 0, flagged_orders => [], redemptions => { reserved => 0, committed => 0, returned => 0 },
    funded_by => { organizer => 0, platform => 0 } },
        'what an unused code has done');

$s->books_ok;
done_testing;
