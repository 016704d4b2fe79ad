# Proves that paging by cursor gives every object once, newest first, while new
# ones arrive, and that bad limits, cursors and parameters are named. By paging
# through 45 objects of each list by 7 and adding more between the pages.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 2);
my $shop = $s->shop(types => [ [ 'Floor', 5000, 1000 ] ]);
my %event = (organizer => $shop->{organizer}, name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z');
my $seller = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'o' }, key => 'admin')->{key};
my $other  = $s->shop;

my %list = (
    '/v1/organizers' => [ 'platform', sub { $s->must(POST => '/v1/organizers', { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' })->{id} } ],
    '/v1/events'     => [ $seller,    sub { $s->must(POST => '/v1/events', \%event)->{id} } ],
    "/v1/events/$shop->{event}/ticket_types" => [ $seller, sub { $s->must(POST => "/v1/events/$shop->{event}/ticket_types", { name => 'T', price => 1,
        quantity => 1 })->{id} } ],
    '/v1/promo_codes' => [ $seller, sub { $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, discount => { type => 'fixed',
        amount => 100 } })->{id} } ],
    '/v1/orders'     => [ $seller,    sub { $s->must(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }))->{id} } ],
    '/v1/ledger/entries' => [ $seller, sub { $s->must(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_visa')); return } ],
);

for my $path (sort { $a =~ /ledger/ <=> $b =~ /ledger/ || $a cmp $b } keys %list) {    # entries come with more orders
    my ($key, $make) = @{ $list{$path} };
    my $name = $path =~ s/evt_\w+/{event}/r;
    my $get  = sub { $s->must(GET => "$path$_[0]", undef, key => $key) };
    my @made = map { $make->() } 1 .. 45 - @{ $get->('?limit=100')->{data} };
    my $whole = $get->('?limit=100');
    my @want  = map { $_->{id} } @{ $whole->{data} };
    is(scalar @want, 45, "$name: there are 45");
    is_deeply([ @$whole{qw(object has_more next_cursor)} ], [ 'list', JSON::PP::false, undef ], '... on one page of 100');
    is_deeply([ @want[ 0 .. $#made ] ], [ reverse @made ], '... newest first') if @made && defined $made[0];

    my (@seen, $cursor, $pages);
    my $page = $get->('?limit=7');
    while (1) {
        $pages++;
        push @seen, map { $_->{id} } @{ $page->{data} };
        last if !$page->{has_more} || $pages > 20;
        is(scalar @{ $page->{data} }, 7, '... a full page while there is more') if $pages == 3;
        $make->() if $pages <= 3;
        $page = $get->("?limit=7&cursor=$page->{next_cursor}");
    }
    is("@seen", "@want", '... by 7, while 3 more arrive: each once, in order, none missed');
    is($pages, 7, '... on 7 pages');
    is($page->{next_cursor}, undef, '... the last of which has no cursor');
    is(scalar @{ $get->('?limit=100')->{data} }, 48, '... and the new ones are there as well');
    is(scalar @{ $get->('')->{data} }, 20, '... 20 a page when nothing is said');
    my $exact = $get->('?limit=48');
    is_deeply([ $exact->{has_more}, $exact->{next_cursor} ], [ JSON::PP::false, undef ], '... a page that just holds all is the last');

    # --- bad parameters
    fields_ok($s->call(GET => "$path?limit=$_", undef, key => $key), { '?limit' => 'out_of_range' }, "limit '$_'") for 0, 101, -1, '', 'ten', '7.0',
        '99999999999999999999';
    my $good = $page = $get->('?limit=7')->{next_cursor};
    for my $bad ('', 'x', substr($good, 1), substr($good, 0, -2), "${good}00", 'zz' . substr($good, 2), 'a' x 300, '%27', unpack('H*', "2031-01-01T00:00:00Z' or 1=1"),
        unpack 'H*', 'infinity 00000000-0000-0000-0000-000000000000') {
        fields_ok($s->call(GET => "$path?cursor=$bad", undef, key => $key), { '?cursor' => 'out_of_range' }, 'cursor ' . substr $bad, 0, 20);
    }
    fields_ok($s->call(GET => "$path?colour=red&Limit=3", undef, key => $key), { '?colour' => 'unknown_field', '?Limit' => 'unknown_field' }, 'parameters nobody knows');
}

# --- filters keep their place over pages -----------------------------------------------

$s->must(POST => "/v1/events/$_/publish") for map { $_->{id} } @{ $s->must(GET => '/v1/events?status=draft&limit=9', undef, key => $seller)->{data} };
my $page = $s->must(GET => '/v1/events?status=on_sale&limit=6', undef, key => $seller);
my $rest = $s->must(GET => "/v1/events?status=on_sale&limit=6&cursor=$page->{next_cursor}", undef, key => $seller);
is(@{ $page->{data} } + @{ $rest->{data} }, 10, 'a status filter: ten on two pages');
is(scalar(grep { $_->{status} ne 'on_sale' } @{ $page->{data} }, @{ $rest->{data} }), 0, '... all of that status');
is(scalar(grep { $_->{organizer} ne $other->{organizer} } @{ $s->must(GET => "/v1/events?organizer=$other->{organizer}")->{data} }), 0, 'an organizer filter');
is(scalar @{ $s->must(GET => "/v1/events?organizer=$other->{organizer}")->{data} }, 1, '... finds its one event');

$s->books_ok;
done_testing;
