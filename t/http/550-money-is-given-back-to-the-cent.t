# Proves that refunds by amount, by ticket and of all that is left give back what the ledger's page says, to the guest, from the organizer and in the books, and that
# what can't be given back is refused with its reason. At both gateways; by preview first.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $refund = sub { my ($order, $body, %more) = @_; $s->call(POST => "/v1/orders/$order/refunds", $body // {}, %more) };
my $order  = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $ended  = sub { my ($id) = @_; my $r; $s->wait_until(10, sub { ($r = $s->must(GET => "/v1/refunds/$id"))->{status} ne 'pending' }); return $r->{status} };
my $books  = sub { my %sum; for my $e (@{ $s->must(GET => "/v1/ledger/entries?order=$_[0]&limit=100", undef, key => 'admin')->{data} }) {
    $sum{ $_->{account} } += $_->{amount} for @{ $e->{postings} } } return { map { $_ => $sum{$_} } grep { $sum{$_} } keys %sum } };
my $entry = sub { my ($object, $kind) = @_; my ($e) = grep { $_->{object_id} eq $object && $_->{kind} eq $kind }
    @{ $s->must(GET => '/v1/ledger/entries?limit=100', undef, key => 'admin')->{data} }; return $e && { map { $_->{account} => $_->{amount} } @{ $e->{postings} } } };

for my $gateway (qw(nmi stripe)) {
    my $token = $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa';
    my $shop  = $s->shop(organizer => { gateway => $gateway, payout_policy => { reserve_bps => 1000 }, refund_policy => { refund_fees => $yes } });
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'TEN', discount => { type => 'percent', percent_bps => 1000 } });
    my $buy = sub { $s->buy($shop, { Floor => 2 }, promo_code => 'TEN', payment_token => $token)->{json} };

    # Recipe 1's order: 10270; a ticket of it: net 4500, fee 275, tax 360, discount 500, share 4500; its own pending is 8100.
    my $one   = $buy->();
    my $first = $one->{tickets}[0]{id};
    my $look  = $s->call(POST => "/v1/orders/$one->{id}/refunds?preview=true", { tickets => [$first] });
    is("$look->{status} $look->{json}{status} $look->{json}{amount}", '200 preview 5135', "$gateway: a preview of a ticket's refund");
    is_deeply($look->{json}{from},
        { organizer => { pending => 4500, reserve => 0, available => 0 }, platform_fees => 275, platform_promo => 0, tax => 360,
            platform_losses => 0 }, '... says who gives what');
    is($order->($one->{id})->{amounts}{refunded}, 0, '... and does nothing');
    my $got = $refund->($one->{id}, { tickets => [$first], reason => 'ill' });
    is("$got->{status} $got->{json}{status} $got->{json}{amount}", '201 pending 5135', 'a ticket is refunded');
    is_deeply($got->{json}{parts}, { list => 5000, discount => 500, net => 4500, guest_fee => 275, tax => 360 }, '... these parts');
    my $after = $order->($one->{id});
    is("$after->{status} $after->{amounts}{refunded} $after->{tickets}[0]{status} $after->{tickets}[1]{status}", 'partially_refunded 5135 refunded valid', '... at once');
    is($ended->($got->{json}{id}), 'succeeded', '... and the gateway makes it');
    is_deeply($entry->($got->{json}{id}, 'refund'), { refunds => 5000, promo_discounts => -500, fee_revenue => 275, tax_payable => 360, refunds_in_transit => -5135,
        organizer_share => -4500, organizer_pending => 4500 }, '... its entry');
    is_deeply($entry->($got->{json}{id}, 'refund_settled'), { refunds_in_transit => 5135, gateway_clearing => -5135 }, '... and what settles it');
    problem_ok($refund->($one->{id}, { tickets => [$first] }), 409, 'ticket_not_refundable', 'the same ticket again');
    problem_ok($refund->($one->{id}, { amount => 5136 }), 409, 'refund_exceeds_refundable', 'more than is left');
    my $part = $refund->($one->{id}, { amount => 1000 });
    is("$part->{status} $part->{json}{amount} " . $order->($one->{id})->{tickets}[1]{status}, '201 1000 valid', 'some of the rest: its ticket stays valid');
    my $rest = $refund->($one->{id});
    is("$rest->{status} $rest->{json}{amount}", '201 4135', 'all that is left');
    is($ended->($_->{json}{id}), 'succeeded', '... is made') for $part, $rest;
    my $closed = $order->($one->{id});
    is("$closed->{status} $closed->{amounts}{refunded} $closed->{tickets}[1]{status}", 'refunded 10270 refunded', 'the order is refunded');
    is_deeply($books->($one->{id}), { ticket_revenue => -10000, refunds => 10000 }, '... and closed: nothing else is left of it');
    problem_ok($refund->($one->{id}), 409, 'nothing_left', 'nothing is left');

    # All at once, of a charge that is not settled: NMI voids it.
    my $two = $buy->();
    my $all = $refund->($two->{id})->{json};
    is($all->{amount} . ' ' . $ended->($all->{id}), '10270 succeeded', 'all at once');
    is_deeply($books->($two->{id}), { ticket_revenue => -10000, refunds => 10000 }, '... closes it too');
    my @there = @{ $s->sandbox(GET => "/sandbox/transactions?order=$two->{id}")->{json}{data} };
    is(join(' ', sort map { "$_->{kind} $_->{status}" } @there),
        $gateway eq 'nmi' ? 'sale voided void approved' : 'refund approved sale approved', '... as its gateway does it');
}

# --- who may ask, and what is wrong -----------------------------------------------------

my $shop = $s->shop(organizer => { refund_policy => { until_hours_before_event => 24 * 29 + 12 } }, types => [ [ Floor => 5000, 100 ], [ Free => 0, 100 ] ]);
my $sold = $s->buy($shop, { Floor => 1, Free => 1 }, payment_token => 'tok_visa')->{json};
my $token = sub { $s->must(POST => '/v1/access_tokens', { order => $_[0] }, key => 'admin')->{token} };
my $guest = $token->($sold->{id});
fields_ok($refund->($sold->{id}, { amount => 0, tickets => [], color => 1 }),
    { '/amount' => 'out_of_range', '/tickets' => 'out_of_range', '/color' => 'unknown_field' }, 'every bad field');
fields_ok($refund->($sold->{id}, { tickets => [ $shop->{event}, 'x' ] }), { '/tickets/0' => 'wrong_type', '/tickets/1' => 'wrong_type' }, 'what is no ticket');
my $others = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
fields_ok($refund->($sold->{id}, { tickets => [ $others->{tickets}[0]{id} ] }), { '/tickets/0' => 'unknown_value' }, 'another order\'s ticket');
problem_ok($refund->($sold->{id}, {}, idem => undef), 400, 'idempotency_key_required', 'a refund takes a key');
problem_ok($refund->($others->{id}, {}, key => $guest), 404, 'not_found', 'another guest\'s order');
my $seen = $refund->($sold->{id}, { amount => 100 }, key => $guest);
is("$seen->{status} $seen->{json}{amount}", '201 100', 'a guest asks for its money');
ok(!exists $seen->{json}{from}, '... and is not shown what the organizer gives');
$s->advance_clock(86400);
problem_ok($refund->($sold->{id}, { amount => 100 }, key => $guest), 409, 'refund_window_closed', 'too late for guests');
is($refund->($sold->{id}, { amount => 100 })->{status}, 201, '... but not for the platform');
my $held = $s->buy($shop, { Floor => 1 })->{json};
problem_ok($refund->($held->{id}), 409, 'state_conflict', 'an order that is not paid');

# Fees are kept by this policy: 5000 + 300 + 400 of which 5400 can be given back.
my $rest = $refund->($sold->{id})->{json};
is($rest->{amount}, 5400 - 200, 'fees are kept by policy');
is($ended->($rest->{id}), 'succeeded', '... the rest is made');
$s->wait_until(10, sub { !@{ $s->must(GET => "/v1/refunds?status=pending&order=$sold->{id}")->{data} } });
is($order->($sold->{id})->{status}, 'refunded', '... and the order is refunded, its free ticket too');
is_deeply($books->($sold->{id}), { gateway_clearing => 300, ticket_revenue => -5000, refunds => 5000, fee_revenue => -300 }, '... the platform has its fee');

# --- tickets that cost nothing, tickets that are used ---------------------------------------

{
    my $mixed = $s->buy($shop, { Floor => 1, Free => 2 }, payment_token => 'tok_visa')->{json};
    my %ticket = map { $_->{ticket_type} => $_->{id} } @{ $mixed->{tickets} };
    my $gift = $refund->($mixed->{id}, { tickets => [ $ticket{ $shop->{types}{Free} } ] })->{json};
    is("$gift->{status} $gift->{amount} " . $order->($mixed->{id})->{status}, 'succeeded 0 partially_refunded', 'a free ticket is given back for nothing');
    my $floor = $refund->($mixed->{id}, { tickets => [ $ticket{ $shop->{types}{Floor} } ] })->{json};
    is("$floor->{amount} " . $order->($mixed->{id})->{status}, '5400 refunded', 'with all of the money the order is refunded');
    is(scalar(grep { $_->{status} eq 'refunded' } @{ $order->($mixed->{id})->{tickets} }), 3, '... and so are all of its tickets');
    problem_ok($refund->($mixed->{id}, { amount => 1 }), 409, 'nothing_left', '... nothing is left');

    my $late = $s->shop(types => [ [ Floor => 5000, 100 ] ]);
    my $seen = $s->buy($late, { Floor => 2 }, payment_token => 'tok_visa')->{json};
    my $own  = $token->($seen->{id});
    $s->must(POST => '/v1/tickets/scan', { code => $seen->{tickets}[0]{code} });
    problem_ok($refund->($seen->{id}, $_, key => $own), 409, 'ticket_not_refundable', 'a guest who was let in')
        for {}, { amount => 100 }, { tickets => [ $seen->{tickets}[0]{id} ] };
    is($refund->($seen->{id}, { tickets => [ $seen->{tickets}[1]{id} ] }, key => $own)->{status}, 201, '... but for its other ticket');
    is($refund->($seen->{id})->{status}, 201, '... and the organizer may all the same');
}
# --- a code's use comes back with all of the money, where the code says so -----------------

{
    my $code = sub { my ($code, $back) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $code, max_redemptions => 1,
        discount => { type => 'percent', percent_bps => 1000 }, return_on_refund => $back }) };
    my $again = sub { $s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => $_[0]))->{promo}{reason} // 'applies' };
    for my $case ([ COMESBACK => $yes, 'applies' ], [ STAYSGONE => $no, 'promo_exhausted' ]) {
        $code->(@$case[ 0, 1 ]);
        my $used = $s->buy($shop, { Floor => 2 }, promo_code => $case->[0], payment_token => 'tok_visa')->{json};
        $refund->($used->{id}, { amount => 100 });
        is($again->($case->[0]), 'promo_exhausted', "$case->[0]: used, and refunded in part");
        $refund->($used->{id});
        is($again->($case->[0]), $case->[2], '... refunded in full');
    }
}

# --- a key, a list, a race ----------------------------------------------------------------

my $raced = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my @got = $s->parallel(30, sub { my $r = $refund->($raced->{id}, { amount => 1000 }); return $r->{json}{code} // $r->{status} });
my %n;
$n{$_}++ for @got;
is_deeply(\%n, { 201 => 10, refund_exceeds_refundable => 20 }, 'thirty refunds of 10.00 at once: ten of them');
my $torn = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my %m;
$m{ $_->{json}{code} // $_->{status} }++ for $s->parallel(12, sub { $refund->($torn->{id}, { tickets => [ $torn->{tickets}[ $_[0] % 2 ]{id} ] }) });
is($m{201}, 2, 'two tickets, asked back by twelve at once: each once');
is(($m{ticket_not_refundable} // 0) + ($m{nothing_left} // 0), 10, '... the others are told so');
my $key  = Stack::random_key();
my $once = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my @same = $s->parallel(8, sub { my $r = $refund->($once->{id}, { amount => 700 }, idem => $key); return $r->{status} == 409 ? 409 : $r->{body} });
my %body = map { $_ => 1 } grep { $_ ne '409' } @same;
is(scalar(keys %body), 1, 'one key, one refund');
is($order->($once->{id})->{amounts}{refunded}, 700, '... made once');
is(scalar @{ $s->must(GET => "/v1/refunds?order=$raced->{id}&limit=100")->{data} }, 10, 'refunds are listed by order');
$s->wait_until(20, sub { !@{ $s->must(GET => '/v1/refunds?status=pending')->{data} } });
is_deeply($s->must(GET => '/v1/refunds?status=pending')->{data}, [], 'and none is pending in the end');
$s->books_ok;
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
