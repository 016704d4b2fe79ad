# A list of orders is complete, without repeats, newest first, under every filter and page size; and each caller sees only its own.
# Orders in every state are made for two organizers and three guests, then read by platform, organizers and guests.
use strict;
use warnings;
use Test::More;
use Stack;
use Storm;

my $s = Stack->up(pay => 2, sandbox_sync => 0, env => { BOXOFFICE_RATE_TOKEN_PER_SECOND => 1000, BOXOFFICE_RATE_PAY_PER_MINUTE => 1000 });
my @shops  = map { $s->shop(types => [ [ Floor => 1000, 100 ], [ Gift => 0, 100 ] ], organizer => { payout_policy => { reserve_bps => 1000 } }) } 1, 2;
my $second = $s->must(POST => '/v1/events', { organizer => $shops[0]{organizer}, name => 'Second night', starts_at => '2099-01-01T20:00:00Z',
    ends_at => '2099-01-01T23:00:00Z', currency => 'USD', time_zone => 'UTC' });
my $type   = $s->must(POST => "/v1/events/$second->{id}/ticket_types", { name => 'Floor', price => 1000, quantity => 10 });
$s->must(POST => "/v1/events/$second->{id}/publish", undef);
my %token  = map { $_ => $s->must(POST => '/v1/access_tokens', { email => "$_\@example.com", name => ucfirst })->{token} } qw(bea cyd);

# Made: [order, shop number, who]
my @made;
for my $round (1 .. 4) {
    for my $n (0, 1) {
        my $shop = $shops[$n];
        push @made, [ $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}, $n, 'platform' ];
        push @made, [ $s->buy($shop, { Floor => 1 })->{json}, $n, 'platform' ];
        push @made, [ $s->buy($shop, { Gift => 1 }, metadata => { round => "$round" })->{json}, $n, 'platform' ];
        my $order = $s->buy($shop, { Floor => 1 })->{json};
        $s->must(POST => "/v1/orders/$order->{id}/cancel", undef);
        push @made, [ $order, $n, 'platform' ];
        for my $who (sort keys %token) {
            my $body = $s->order_body($shop, { Floor => 1 }, payment_token => $round == 1 ? 'tok_declined' : 'tok_visa');
            delete $body->{guest};
            my $got = $s->call(POST => '/v1/orders', $body, key => $token{$who})->{json};
            push @made, [ $got->{order} || $got, $n, $who ];
        }
    }
}
push @made, [ $s->call(POST => '/v1/orders', { %{ $s->order_body($shops[0], {}) }, event => $second->{id}, items => [ { ticket_type => $type->{id},
    quantity => 1 } ] })->{json}, 0, 'platform' ];

sub list {
    my ($query, $limit, %h) = @_;
    my (@ids, $cursor);
    for (1 .. 100) {
        my $page = $s->must(GET => "/v1/orders?limit=$limit$query" . (defined $cursor ? "&cursor=$cursor" : ''), undef, %h);
        push @ids, map { $_->{id} } @{ $page->{data} };
        die "a page of $limit has " . @{ $page->{data} } . "\n" if @{ $page->{data} } > $limit || ($page->{has_more} && @{ $page->{data} } < $limit);
        die "has_more and next_cursor differ\n" if !!$page->{has_more} ne defined $page->{next_cursor};
        return \@ids unless $page->{has_more};
        $cursor = $page->{next_cursor};
    }
    die "the list has no end\n";
}

my $newest = sub { [ map { $_->{id} } reverse map { $_->[0] } @_ ] };
my %status = map { $_->[0]{id} => $s->must(GET => "/v1/orders/$_->[0]{id}")->{status} } @made;
for my $limit (1, 7, 20, 100) { is_deeply list('', $limit), $newest->(@made), "all orders by pages of $limit" }
for my $status (sort keys %{ { reverse %status } }) {
    is_deeply list("&status=$status", 5), $newest->(grep { $status{ $_->[0]{id} } eq $status } @made), "those that are $status";
}
is_deeply list('&status=expired', 5), [], 'those that are expired: none';
is_deeply list("&event=$shops[1]{event}", 5), $newest->(grep { $_->[1] == 1 } @made), 'those of an event';
is_deeply list("&event=$second->{id}", 5), $newest->($made[-1]), 'those of the other event of that organizer';
is_deeply list("&event=$shops[0]{event}&status=cancelled", 2), $newest->(grep { $_->[0]{event} eq $shops[0]{event}
    && $status{ $_->[0]{id} } eq 'cancelled' } @made), 'two filters together';
is_deeply list("&guest=$made[5][0]{guest}{id}", 5), [ $made[5][0]{id} ], 'those of a guest';
is_deeply list("&organizer=$shops[1]{organizer}", 5), $newest->(grep { $_->[1] == 1 } @made), 'those of an organizer';

# Made while someone turns pages.
{
    my $page = $s->must(GET => '/v1/orders?limit=3');
    my $new  = $s->buy($shops[0], { Gift => 1 })->{json};
    my $next = $s->must(GET => "/v1/orders?limit=3&cursor=$page->{next_cursor}");
    is_deeply [ map { $_->{id} } @{ $next->{data} } ], [ @{ $newest->(@made) }[ 3 .. 5 ] ], 'an order made meanwhile moves no page';
    push @made, [ $new, 0, 'platform' ];
}
for my $bad ('limit=0', 'limit=101', 'limit=x', 'cursor=nothing', 'cursor=', 'status=unpaid', "event=$shops[0]{organizer}", "guest=$made[0][0]{id}", 'total=1',
    'limit=1&limit=2') {
    my $got = $s->call(GET => "/v1/orders?$bad");
    is "$got->{status} $got->{json}{code}", '400 invalid_request', "?$bad is refused" or diag $got->{body};
}

# Whose they are.
for my $n (0, 1) {
    my $key = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shops[$n]{organizer}, name => "hall $n" }, key => 'admin')->{key};
    my $at  = $s->must(POST => '/v1/access_tokens', { organizer => $shops[$n]{organizer} })->{token};
    my ($mine, $foreign) = map { my $m = $_; [ grep { ($_->[1] == $n) == $m } @made ] } 1, 0;
    for my $who ([ key => $key ], [ token => $at ]) {
        is_deeply list('', 20, key => $who->[1]), $newest->(@$mine), "organizer $n by $who->[0] sees its orders";
        is_deeply list("&event=$foreign->[0][0]{event}", 20, key => $who->[1]), [], "and none of another's event";
        is_deeply list("&guest=$foreign->[0][0]{guest}{id}", 20, key => $who->[1]), [], "nor of another's guest";
        is $s->call(GET => "/v1/orders/$foreign->[0][0]{id}", undef, key => $who->[1])->{status}, 404, 'and finds none of them';
        is $s->must(GET => "/v1/orders/$mine->[0][0]{id}", undef, key => $who->[1])->{amounts}{reserve}, 100, 'it sees what is held back';
    }
    my $got = $s->call(GET => "/v1/orders?organizer=$shops[ 1 - $n ]{organizer}", undef, key => $key);
    ok $got->{status} =~ /^40[034]$/ || !@{ $got->{json}{data} }, 'and may not ask for those of another organizer';
}
for my $who (sort keys %token) {
    my @own = grep { $_->[2] eq $who } @made;
    is_deeply list('', 3, key => $token{$who}), $newest->(@own), "$who sees her orders at both organizers";
    my ($other) = grep { $_->[2] ne $who && $_->[2] ne 'platform' } @made;
    for my $order ($other->[0]{id}, $made[0][0]{id}) {
        my @got = ($s->call(GET => "/v1/orders/$order", undef, key => $token{$who}), $s->call(POST => "/v1/orders/$order/pay", { payment_token => 'tok_visa' },
            key => $token{$who}),
            $s->call(POST => "/v1/orders/$order/cancel", undef, key => $token{$who}));
        is_deeply [ map { "$_->{status} $_->{json}{code}" } @got ], [ ('404 not_found') x 3 ], "$who can't see, pay or cancel another's";
    }
    is_deeply list("&guest=$made[0][0]{guest}{id}", 20, key => $token{$who}), [], 'nor list them by guest';
    my $forged = $s->call(POST => '/v1/orders', { %{ $s->order_body($shops[0], { Floor => 1 }) }, guest => { email => 'x@example.com', name => 'X' } },
        key => $token{$who});
    is $forged->{status}, 201, "$who may name another guest";
    is $s->call(GET => "/v1/orders/$forged->{json}{id}", undef, key => $token{$who})->{status}, 200, 'and sees that order, because it is hers';
    push @made, [ $forged->{json}, 0, $who ];
}
{
    my $order = $made[0][0]{id};
    my $token = $s->must(POST => '/v1/access_tokens', { order => $order })->{token};
    is_deeply list('', 20, key => $token), [$order], 'a token for one order sees its guest\'s';
    is $s->must(GET => "/v1/orders/$order", undef, key => $token)->{tickets}[0]{code}, $made[0][0]{tickets}[0]{code}, 'with the tickets';
}

# Metadata.
{
    my $with = sub { $s->buy($shops[0], { Gift => 1 }, metadata => $_[0]) };
    my $all  = { map { ("name_$_" => 'v' x 500) } 1 .. 50 };
    for my $good ({}, { a => '' }, { 'key "with" quotes\\' => "line\nbreak \x{1F3AB} \x{e9}" }, { map { ($_ => $_) } qw(z y x) }) {
        my $got = $with->($good);
        is_deeply [ $got->{status}, $got->{json}{metadata} ], [ 201, $good ], 'metadata comes back as it was sent';
        is_deeply $s->must(GET => "/v1/orders/$got->{json}{id}")->{metadata}, $good, 'and is kept';
    }
    is_deeply $with->($all)->{json}{metadata}, $all, 'fifty names with 500 bytes each fit';
    for my $bad ([], 'text', { a => 1 }, { a => {} }, { a => undef }, { '' => 'x' }, { a => 'v' x 501 }, { 'k' x 41 => 'x' }, { map { ("name_$_" => '') } 1 .. 51 }) {
        my $got = $with->($bad);
        is "$got->{status} $got->{json}{errors}[0]{pointer}", '400 /metadata', 'other metadata is refused' or diag $got->{body};
    }
}

$s->books_ok;
sound($s, 'at the end');
done_testing;
