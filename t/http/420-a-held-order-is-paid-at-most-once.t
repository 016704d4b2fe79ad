# A held order ends paid, cancelled or expired, once; a decline leaves it held, and whoever pays or cancels at the wrong moment is told why.
# Every way through the states is walked by one caller and by two at once, with the test clock moved past holds.
use strict;
use warnings;
use Test::More;
use Stack;
use Storm;

my $s    = Stack->up(pay => 4, sandbox_sync => 0);
my $shop = $s->shop(types => [ [ Floor => 5000, 10000 ], [ Box => 5000, 1 ], [ Last => 700, 1 ] ]);
my $pay  = sub { my ($order, $token, %h) = @_; $s->call(POST => "/v1/orders/$order->{id}/pay", { payment_token => $token }, %h) };
my $order_now = sub { $s->must(GET => "/v1/orders/$_[0]{id}") };
my $charges   = sub { join ' ', map { $_->{status} } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]{id}")->{json}{data} } };

sub refused {
    my ($got, $status, $code, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$got->{status} " . ($got->{json}{code} // ''), "$status $code", $what or diag $got->{body};
    return $got;
}

# Held, then paid.
{
    my $hold = $s->buy($shop, { Floor => 2 });
    is $hold->{status}, 201, 'an order without a token is made';
    my $order = $hold->{json};
    is "$order->{status} @{$order->{payments}} @{$order->{tickets}}", 'held  ', 'and is held, without payment or tickets';
    is $charges->($order), '', 'the gateway was told nothing';
    is one_value($s, 'select expires_at - created_at from app.orders where id = ?', uuid_of($order->{id})), '00:10:00', 'it is held for ten minutes';
    my $paid = $pay->($order, 'tok_amex', idem => 'pay-once');
    is "$paid->{status} $paid->{json}{status}", '200 paid', 'it is paid with 200';
    is scalar @{ $paid->{json}{tickets} }, 2, 'and has its tickets';
    is $paid->{json}{payments}[0]{card}{brand}, 'amex', 'and shows the card';
    is_deeply $order_now->($order), $paid->{json}, 'a look at it shows the same';
    my $again = $pay->($order, 'tok_amex', idem => 'pay-once');
    is $again->{body}, $paid->{body}, 'the same key answers the same bytes';
    is $again->{headers}{'idempotent-replayed'}, 'true', 'and says so';
    refused($pay->($order, 'tok_visa'), 409, 'order_already_paid', 'another key is told that it is paid');
    refused($s->call(POST => "/v1/orders/$order->{id}/cancel"), 409, 'order_not_cancellable', 'it cannot be cancelled');
    is $charges->($order), 'approved', 'one charge was made';
}

# Declined, and paid in the end.
{
    my $declined = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_declined');
    refused($declined, 402, 'card_declined', 'a declined card is 402');
    my $order = $declined->{json}{order};
    is "$declined->{json}{decline_code} $order->{status} $order->{payments}[0]{status}", 'generic_decline held declined', 'with the reason and the held order';
    for my $token (qw(tok_insufficient_funds tok_expired_card)) {
        my $got = refused($pay->($order, $token, idem => $token), 402, 'card_declined', "$token is 402");
        is "tok_$got->{json}{decline_code}", $token, "$token says why";
        my $again = $pay->($order, $token, idem => $token);
        is "$again->{status} $again->{body}", "402 $got->{body}", "$token: the key repeats that byte for byte";
        is $again->{headers}{'idempotent-replayed'}, 'true', "$token: and says so";
    }
    my $paid = $pay->($order, 'tok_visa');
    is "$paid->{status} $paid->{json}{status}", '200 paid', 'a good card pays it then';
    is join(' ', map { $_->{status} } @{ $paid->{json}{payments} }), 'declined declined declined succeeded', 'all its payments are shown';
    is join(' ', map { $_->{decline_code} // '-' } @{ $paid->{json}{payments} }), 'generic_decline insufficient_funds expired_card -', 'with their reasons';
    is scalar(keys %{ { map { $_->{card}{last4} => 1 } @{ $paid->{json}{payments} } } }), 4, 'each with a card of its own';
    is $charges->($order), 'declined declined declined approved', 'as the gateway has them';
}

# A clock set back between two attempts: the look-up must still find its own.
{
    my $order = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_declined')->{json}{order};
    $s->dbh->do(q{update app.payments set created_at = created_at + interval '1 hour' where order_id = ?}, undef, uuid_of($order->{id}));
    is $pay->($order, 'tok_garbage')->{status}, 202, 'an attempt that seems older than a declined one is looked up';
    ok $s->wait_until(20, sub { $order_now->($order)->{status} eq 'paid' }), 'and found';
}

# A browser is shown less.
{
    my $token = $s->must(POST => '/v1/access_tokens', { email => 'bea@example.com', name => 'Bea' })->{token};
    my $body  = $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_insufficient_funds');
    delete $body->{guest};
    my $got = refused($s->call(POST => '/v1/orders', $body, key => $token), 402, 'card_declined', 'with an access token a decline is 402 too');
    is $got->{json}{decline_code}, 'generic_decline', 'which does not say why';
    is $got->{json}{order}{payments}[0]{decline_code}, 'generic_decline', 'nor does the order';
    my $order = $got->{json}{order};
    my $paid  = $pay->($order, 'tok_visa', key => $token);
    for my $seen ([ 'the 402' => $order ], [ 'the answer to the payment' => $paid->{json} ], [ 'a look' => $s->must(GET => "/v1/orders/$order->{id}", undef,
        key => $token) ],
        [ 'a list' => $s->must(GET => '/v1/orders', undef, key => $token)->{data}[0] ]) {
        is_deeply [ grep { exists $seen->[1]{amounts}{$_} } qw(share reserve absorbed_fee) ], [], "$seen->[0] shows no share, reserve or absorbed fee";
        is_deeply [ grep { ($_->{decline_code} // 'generic_decline') ne 'generic_decline' } @{ $seen->[1]{payments} } ], [], "$seen->[0] shows no reason of a decline";
    }
    is $order_now->($order)->{payments}[0]{decline_code}, 'insufficient_funds', 'the platform sees the reason';
}

# While a payment is under way.
{
    my $order  = $s->buy($shop, { Floor => 1 })->{json};
    my $paying = later(sub { $pay->($order, 'tok_slow') });
    ok $s->wait_until(3, sub { $order_now->($order)->{status} eq 'processing' }), 'an order whose card is asked is processing';
    refused($pay->($order, 'tok_visa'), 409, 'payment_in_progress', 'a second payment is refused');
    refused($s->call(POST => "/v1/orders/$order->{id}/cancel"), 409, 'payment_in_progress', 'so is cancelling');
    my $paid = answer($paying);
    is "$paid->{status} $paid->{json}{status}", '200 paid', 'the slow card pays it';
    is $charges->($order), 'approved', 'once';
}

# Two keys at once.
{
    my (@unlike, @charged);
    for my $round (1 .. 10) {
        my $order = $s->buy($shop, { Floor => 1 })->{json};
        my @got = $s->parallel(3, sub { $pay->($order, 'tok_visa') });
        my %count;
        $count{ $_->{status} == 200 ? 'paid' : $_->{json}{code} // $_->{status} }++ for @got;
        delete @count{qw(order_already_paid payment_in_progress)};
        push @unlike, join(' ', %count) unless keys %count == 1 && ($count{paid} // 0) == 1;
        push @charged, $charges->($order);
    }
    is_deeply \@unlike, [], 'of three who pay at once one is told paid and the others why not';
    is_deeply [ grep { $_ ne 'approved' } @charged ], [], 'each order is charged once';
}

# Cancelled: the ticket is for sale again.
{
    my $order = $s->buy($shop, { Box => 1 })->{json};
    refused($s->buy($shop, { Box => 1 }), 409, 'temporarily_unavailable', 'the last ticket is held');
    for (1 .. 2) {
        my $got = $s->call(POST => "/v1/orders/$order->{id}/cancel");
        is "$got->{status} $got->{json}{status}", '200 cancelled', 'a held order is cancelled, and again';
    }
    refused($pay->($order, 'tok_visa'), 409, 'order_expired', 'it cannot be paid any more');
    is $charges->($order), '', 'and was not charged';
    is $s->buy($shop, { Box => 1 }, payment_token => 'tok_visa')->{status}, 201, 'its ticket is sold to the next who asks';
    refused($s->buy($shop, { Box => 1 }), 409, 'sold_out', 'and then there are none');
}

# Expired: likewise; and what a payment under way does to that.
{
    my $order   = $s->buy($shop, { Last => 1 })->{json};
    my $late    = $s->buy($shop, { Floor => 1 })->{json};
    my $refuse  = $s->buy($shop, { Floor => 1 })->{json};
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'delay', count => 2, delay_ms => 2500 });
    my @paying = (later(sub { $pay->($late, 'tok_visa') }), later(sub { $pay->($refuse, 'tok_declined') }));
    $s->wait_until(3, sub { 2 == one_value($s, q{select count(*) from app.payments where state = 'sending'}) });
    $s->advance_clock(601);
    is $order_now->($order)->{status}, 'expired', 'after ten minutes a held order is expired';
    refused($pay->($order, 'tok_visa'), 409, 'order_expired', 'it cannot be paid any more');
    is $s->call(POST => "/v1/orders/$order->{id}/cancel")->{json}{status}, 'expired', 'cancelling it changes nothing';
    is $s->buy($shop, { Last => 1 }, payment_token => 'tok_visa')->{status}, 201, 'its ticket is sold to the next who asks';
    my @got = map { answer($_) } @paying;
    is "$got[0]{status} $got[0]{json}{status}", '200 paid', 'an order keeps its tickets past the end of its hold while its card is asked';
    refused($got[1], 402, 'card_declined', 'and when the card is declined');
    ok $s->wait_until(5, sub { $order_now->($refuse)->{status} eq 'expired' }), 'it expires at once';
    refused($pay->($refuse, 'tok_visa'), 409, 'order_expired', 'and cannot be paid any more');
}

$s->books_ok;
sound($s, 'at the end');
done_testing;
