# An order that may not be made is refused with the status and code of its reason, and nothing is changed by it.
# One event for each reason is asked for an order and for a quote; then the tables are counted.
use strict;
use warnings;
use POSIX ();
use Test::More;
use Stack;
use Storm;

my $s = Stack->up(pay => 2, sandbox_sync => 0);
my $at   = sub { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) };
my $shop = $s->shop(
    types => [ [ Floor => 5000, 100 ], [ Few => 5000, 100, { min_per_order => 2, max_per_order => 4 } ], [ Early => 5000, 100, { sales_start_at => $at->(3600) } ],
        [ Late => 5000, 100, { sales_end_at => $at->(-3600) } ], [ Secret => 5000, 100, { hidden => JSON::PP::true } ], [ Cheap => 1, 100 ], [ One => 5000, 1 ],
        [ Ten => 5000, 10 ] ]);
my $other = $s->shop;
my $cheap = $s->shop(organizer => { fee_plan => { percent_bps => 0, fixed_amount => 0, payer => 'guest' } }, types => [ [ Penny => 49, 10 ], [ Two => 50, 10 ] ],
    event => { tax => { rate_bps => 0, inclusive => JSON::PP::false, on_fees => JSON::PP::false } });
my @tables = qw(app.orders app.order_lines app.guests app.payments ops.audit ops.outbox ops.jobs ops.idempotency ledger.entries);
my $everything = sub {
    return join ' ', one_value($s, 'select sum(remaining) from app.ticket_buckets'), map { one_value($s, "select count(*) from $_") } @tables;
};

sub refused {
    my ($got, $status, $code, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$got->{status} " . ($got->{json}{code} // ''), "$status $code", $what or diag $got->{body};
    return $got;
}

# What one body gets, as an order with and without a token, and as a quote.
sub all_refused {
    my ($body, $status, $code, $what, %opt) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = $everything->();
    refused($s->call(POST => '/v1/orders', $body), $status, $code, $what);
    refused($s->call(POST => '/v1/orders', { %$body, payment_token => 'tok_visa' }), $status, $code, "$what, with a token") unless $opt{no_token};
    refused($s->call(POST => '/v1/quotes', $body), $status, $code, "$what, as a quote") unless $opt{no_quote};
    is $everything->(), $before, "$what: nothing is changed";
    return;
}

my $body = sub { $s->order_body(@_) };
my $of   = sub { my ($type, $n) = @_; { ticket_type => $type, quantity => $n } };

# Quantities, windows, hidden types, amounts.
all_refused($body->($shop, { Few => 1 }), 409, 'quantity_limit', 'fewer than one order may hold');
all_refused($body->($shop, { Few => 5 }), 409, 'quantity_limit', 'more than one order may hold');
all_refused({ %{ $body->($shop, {}) }, items => [ map { $of->($shop->{types}{Few}, 3) } 1, 2 ] }, 409, 'quantity_limit', 'more in two lines together');
all_refused($body->($shop, { Early => 1 }), 409, 'sales_closed', 'before the sale begins');
all_refused($body->($shop, { Late => 1 }), 409, 'sales_closed', 'after the sale has ended');
all_refused($body->($shop, { Floor => 1, Late => 1 }), 409, 'sales_closed', 'one of two after its sale has ended');
all_refused($body->($shop, { Secret => 1 }), 404, 'not_found', 'a hidden type');
all_refused($body->($cheap, { Penny => 1 }), 400, 'amount_below_minimum', 'a total below what the gateway charges');
is $s->buy($cheap, { Two => 1 }, payment_token => 'tok_visa')->{status}, 201, 'the least that the gateway charges is sold';
all_refused($body->($shop, { Floor => 1 }, promo_code => 'NONE'), 409, 'promo_unknown', 'an unknown promo code', no_quote => 1);
my $quote = $s->call(POST => '/v1/quotes', $body->($shop, { Floor => 1 }, promo_code => 'NONE'));
is_deeply [ $quote->{status}, $quote->{json}{promo} ], [ 200, { code => 'NONE', applied => JSON::PP::false, reason => 'promo_unknown' } ], 'a quote is made without it';

# Sold and held.
all_refused($body->($shop, { Ten => 11 }), 409, 'quantity_limit', 'more than ten', no_quote => 1);
is $s->buy($shop, { One => 1 }, payment_token => 'tok_visa')->{status}, 201, 'the only ticket is sold';
all_refused($body->($shop, { One => 1 }), 409, 'sold_out', 'a ticket that is sold', no_quote => 1);
my $held = $s->buy($shop, { Ten => 7 })->{json};
my $soon = $s->buy($shop, { Ten => 4 });
refused($soon, 409, 'temporarily_unavailable', 'tickets that others hold');
cmp_ok $soon->{headers}{'retry-after'} // 0, '>', 0, 'say when to ask again';
is $soon->{json}{retryable}, JSON::PP::true, 'and that it may be repeated';
is $s->buy($shop, { Ten => 3 }, payment_token => 'tok_visa')->{status}, 201, 'those that are left are sold';
refused($s->buy($shop, { Ten => 8 }), 409, 'sold_out', 'more than can ever come back are sold out');
is $s->buy($shop, { Floor => 10, Ten => 1 })->{json}{code}, 'temporarily_unavailable', 'one type that is held refuses the whole cart';
is $s->must(GET => "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}")->{remaining}, 100, 'and leaves the other type whole';
$s->must(POST => "/v1/orders/$held->{id}/cancel", undef);
is $s->buy($shop, { Ten => 7 })->{status}, 201, 'what is let go is sold to the next';

# Ids: unknown, of another kind, of another event or organizer.
my ($event, $type) = ($shop->{event}, $shop->{types}{Floor});
my $unlike = sub { my $id = shift; substr($id, -3, 3) = substr($id, -3) eq 'zzz' ? 'yyy' : 'zzz'; $id };
all_refused({ %{ $body->($shop, { Floor => 1 }) }, event => $unlike->($event) }, 404, 'not_found', 'an unknown event');
all_refused({ %{ $body->($shop, {}) }, items => [ $of->($unlike->($type), 1) ] }, 404, 'not_found', 'an unknown ticket type');
all_refused({ %{ $body->($shop, {}) }, items => [ $of->($other->{types}{Floor}, 1) ] }, 404, 'not_found', 'a ticket type of another organizer');
all_refused({ %{ $body->($shop, {}) }, items => [ $of->($type, 1), $of->($cheap->{types}{Two}, 1) ] }, 404, 'not_found', 'one of two of another organizer');
all_refused({ %{ $body->($shop, { Floor => 1 }) }, event => $type }, 400, 'invalid_request', 'a ticket type for an event');
all_refused({ %{ $body->($shop, {}) }, items => [ $of->($event, 1) ] }, 400, 'invalid_request', 'an event for a ticket type');
all_refused({ %{ $body->($shop, {}) }, items => [] }, 400, 'invalid_request', 'no tickets');
all_refused({ %{ $body->($shop, {}) }, items => [ map { $of->($type, 1) } 1 .. 51 ] }, 400, 'invalid_request', 'more lines than an order has');
all_refused({ %{ $body->($shop, {}) }, items => [ $of->($type, $_) ] }, 400, 'invalid_request', "a quantity of $_") for 0, -1, 1001, '1', 1.5;
all_refused({ %{ $body->($shop, { Floor => 1 }) }, payment_tokens => 1 }, 400, 'invalid_request', 'a field that no order has', no_token => 1);

my $many = $s->call(POST => '/v1/orders', { event => $type, items => [ { ticket_type => $event, quantity => 0 } ], guest => { email => 'nobody' }, total => 1 });
refused($many, 400, 'invalid_request', 'several faults are one answer');
is join(' ', sort map { $_->{pointer} } @{ $many->{json}{errors} }), '/event /guest/email /guest/name /items/0/quantity /items/0/ticket_type /total',
    'which names each';
refused($s->call(POST => '/v1/orders', { %{ $body->($shop, { Floor => 1 }) }, guest => { email => 'a@example.com', name => '4111 1111 1111 1111' } }), 400,
    'card_data_refused',
    'a card number for a name');

my $order = $s->buy($shop, { Floor => 1 })->{json}{id};
for my $path ("/v1/orders/" . $unlike->($order)) {
    refused($s->call(GET => $path), 404, 'not_found', 'an unknown order is not found');
    refused($s->call(POST => "$path/pay", { payment_token => 'tok_visa' }), 404, 'not_found', 'nor paid');
    refused($s->call(POST => "$path/cancel"), 404, 'not_found', 'nor cancelled');
}
for my $id ($event, 'ord_', 'ord_' . uc substr($order, 4), substr($order, 0, -1), 'ord_8zzzzzzzzzzzzzzzzzzzzzzzzz') {
    my $got = $s->call(GET => "/v1/orders/$id");
    ok $got->{status} =~ /^40[04]$/, "$id is no order's id ($got->{status})" or diag $got->{body};
}
refused($s->call(POST => "/v1/orders/$order/pay", {}), 400, 'invalid_request', 'paying needs a token');
refused($s->call(POST => "/v1/orders/$order/pay", { payment_token => 'tok_visa' }, idem => undef), 400, 'idempotency_key_required', 'and a key');
refused($s->call(POST => '/v1/orders', $body->($shop, { Floor => 1 }), idem => undef), 400, 'idempotency_key_required', 'so does an order');
refused($s->call(POST => '/v1/orders', $body->($shop, { Floor => 1 }), idem => ''), 400, 'idempotency_key_required', 'an empty one is none');
refused($s->call(POST => '/v1/orders', $body->($shop, { Floor => 1 }), idem => 'x' x 256), 400, 'invalid_request', 'one too long is refused');

# Who may.
my $key = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'hall' }, key => 'admin')->{key};
my $foreign = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $other->{organizer}, name => 'other' }, key => 'admin')->{key};
for my $who ([ admin => 'admin' ], [ 'an organizer' => $key ]) {
    refused($s->call(POST => '/v1/orders', $body->($shop, { Floor => 1 }), key => $who->[1]), 403, 'forbidden', "$who->[0] makes no orders");
    refused($s->call(POST => "/v1/orders/$order/pay", { payment_token => 'tok_visa' }, key => $who->[1]), 403, 'forbidden', "$who->[0] pays none");
    is $s->call(GET => "/v1/orders/$order", undef, key => $who->[1])->{status}, 200, "$who->[0] sees them";
}
refused($s->call(GET => "/v1/orders/$order", undef, key => $foreign), 404, 'not_found', 'another organizer does not');
refused($s->call(POST => "/v1/orders/$order/cancel", undef, key => $foreign), 404, 'not_found', 'nor cancels them');

# Events in other states; last, because they stay so.
refused($s->buy($s->shop(publish => 0), { Floor => 1 }), 409, 'event_not_on_sale', 'a draft is not on sale');
$s->must(POST => "/v1/events/$other->{event}/pause", undef);
all_refused($body->($other, { Floor => 1 }), 409, 'event_not_on_sale', 'a paused event');
$s->must(POST => "/v1/organizers/$cheap->{organizer}/verification", { status => 'rejected', reason => 'no licence' }, key => 'admin');
all_refused($body->($cheap, { Two => 1 }), 409, 'organizer_not_verified', 'an organizer that is not verified');
$s->must(POST => "/v1/organizers/$cheap->{organizer}/verification", { status => 'verified', licence_number => 'L1', licence_expires_on => POSIX::strftime('%Y-%m-%d',
    gmtime(time + 86400 * 2)) },
    key => 'admin');
is $s->buy($cheap, { Two => 1 })->{status}, 201, 'verified again it sells';
$s->advance_clock(86400 * 4);
all_refused($body->($cheap, { Two => 1 }), 409, 'organizer_not_verified', 'an organizer whose licence has lapsed');
$s->advance_clock(86400 * 31);
all_refused($body->($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an event that is over');
is $s->must(GET => "/v1/events/$shop->{event}")->{status}, 'completed', 'it is completed by itself';

$s->books_ok;
sound($s, 'at the end');
done_testing;
