package Late;

# Approvals that come after a charge was given up, and money taken twice, at
# either gateway: one scenario that t/http/460 and 470 run, each at its own.
#
#     late_approvals('stripe');
#
# Every case is an order of its own on one stack; they wait side by side for
# the sandbox's clock, and each then shows what became of it: in the API, in
# the books, and at the gateway.

use strict;
use warnings;
use JSON::PP qw(decode_json);
use Stack;
use Storm;
use Test::More;

use Exporter 'import';
our @EXPORT = qw(late_approvals);

use constant LATE_MS => 9000;

my ($s, $shop);

sub fault  { my ($kind, %more) = @_; $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $kind, count => 1, %more }) }
sub buy    { my ($type, $token, $key, @code) = @_;
    return $s->call(POST => '/v1/orders', $s->order_body($shop, { $type => 1 }, payment_token => $token, @code), idem => $key) }
sub live   { return one_value($s, q{
    select 3 - sum(b.uses) from app.promo_buckets b join app.promo_codes p on p.org = b.org and p.id = b.promo_id where p.code = ?}, $_[0]) }
sub order  { return $s->must(GET => "/v1/orders/$_[0]") }
sub states { return join ' ', map { $_->{status} } @{ order($_[0])->{payments} } }
sub sales  { return grep { $_->{kind} eq 'sale' && $_->{status} ne 'declined' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } }
sub backs  { return grep { $_->{kind} ne 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } }
# The effects of an order, in order.
sub effects { return join ' ', @{ $s->dbh->selectcol_arrayref(
    'select effect from ledger.entries where order_id = ? order by recorded_at, effect', undef, uuid_of($_[0])) } }
sub logged { my ($event) = @_; open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; grep { $_->{event} eq $event } map { decode_json($_) } <$in> }
sub given_up { my ($id) = @_; return one_value($s, q{select count(*) from app.payments where order_id = ? and state = 'not_found_final'}, uuid_of($id)) }

# --- the cases: each prepares, then is asked at the end ------------------------

# An order that is still held: it takes the money, and its key then answers so.
sub held {
    my $got = buy(Floor => 'tok_visa', 'still-held');
    is("$got->{status} $got->{json}{status}", '202 processing', 'still held: the outcome is not known');
    my $id = $got->{json}{id};
    return { id => $id, ask => sub {
        is(order($id)->{status}, 'paid', 'still held: the order is paid');
        is(states($id), 'succeeded', '... by the payment that had failed');
        is(scalar @{ order($id)->{tickets} }, 1, '... with its ticket');
        is(effects($id), 'sale', '... and one entry');
        my $again = buy(Floor => 'tok_visa', 'still-held');
        is("$again->{status} $again->{json}{id} $again->{json}{status}", "201 $id paid", '... its key answers 201 with the order');
        is(scalar sales($id), 1, '... and the gateway has charged once');
    } };
}

# Gone, and tickets left: taken again.
sub expired {
    my $id = buy(Floor => 'tok_visa', 'expired', promo_code => 'THRICE')->{json}{id};
    is(live('THRICE'), 1, 'gone: it has a use of its code');
    return { id => $id, then => sub {
        is(order($id)->{status}, 'expired', 'gone: the order has expired');
        is(live('THRICE'), 0, '... and given its use back');
    }, ask => sub {
        is(order($id)->{status} . ' ' . states($id), 'paid succeeded', 'gone, tickets left: the order is paid');
        is(effects($id), 'sale', '... with one entry');
        is(live('THRICE'), 1, '... and has its use again');
    } };
}

# Gone, and the last use of its code had by somebody else: what it was charged is not the price any more, and goes back.
sub used_up {
    my $id = buy(Floor => 'tok_visa', 'used-up', promo_code => 'LAST-USE')->{json}{id};
    my $winner;
    return { id => $id, then => sub {
        $winner = buy(Floor => 'tok_visa', 'last-use', promo_code => 'LAST-USE');
        is($winner->{json}{status}, 'paid', 'used up: somebody else has the last use of the code');
    }, ask => sub {
        is(order($id)->{status} . ' ' . states($id), 'expired voided', 'used up: the order stays expired');
        is(effects($id), 'unplaced_capture refund_settled', '... booked as what no order takes, and as given back');
        is(scalar(sales($id)) . scalar(backs($id)), '11', '... once');
        is(order($winner->{json}{id})->{status}, 'paid', '... and the other order stands');
        is(one_value($s, q{select sum(b.uses) from app.promo_buckets b join app.promo_codes p on p.org = b.org and p.id = b.promo_id where p.code = 'LAST-USE'}), 0,
            '... with the use');
    } };
}

# Gone, and its ticket sold to somebody else: the money goes back, once.
sub sold_out {
    my $id = buy(Last => 'tok_visa', 'sold-out')->{json}{id};
    my $winner;
    return { id => $id, then => sub {
        is(order($id)->{status}, 'expired', 'sold out: the order has expired');
        $winner = buy(Last => 'tok_visa', 'winner');
        is($winner->{json}{status}, 'paid', 'sold out: somebody else has the last ticket');
    }, ask => sub {
        is(order($id)->{status} . ' ' . states($id), 'expired voided', 'sold out: the order stays expired, its payment is shown as voided');
        is(effects($id), 'unplaced_capture refund_settled', '... booked as what no order takes, and as given back');
        is(join(' ', map { "$_->{amount} $_->{status}" } backs($id)), '5700 approved', '... the gateway has given it back once');
        is(order($winner->{json}{id})->{status}, 'paid', '... and the other order stands');
        is(scalar(grep { $_->{payment} eq (sales($id))[0]{reference} } logged('payment.unplaced')), 1, '... the operator is told');
    } };
}

# Paid again meanwhile with another attempt: the late one goes back.
sub paid_again {
    my $id = buy(Floor => 'tok_visa', 'paid-again')->{json}{id};
    return { id => $id, then => sub {
        my $got = $s->call(POST => "/v1/orders/$id/pay", { payment_token => 'tok_visa' });
        is("$got->{status} $got->{json}{status}", '200 paid', 'paid again: by another attempt');
    }, ask => sub {
        is(order($id)->{status} . ' ' . join(' ', sort split / /, states($id)), 'paid succeeded voided', 'paid again: one payment stands, the late one is voided');
        is(join(' ', sort split / /, effects($id)), 'refund_settled sale unplaced_capture', '... and each is booked once');
        is(scalar(sales($id)) . scalar(backs($id)), '21', '... as at the gateway');
    } };
}

# --- beside them -------------------------------------------------------------------

# Charged twice for one reference.
sub doubled {
    my $got = buy(Floor => 'tok_double', 'doubled');
    my $id  = $got->{json}{id};
    is("$got->{status} $got->{json}{status}", '201 paid', 'charged twice: the order is paid');
    ok($s->wait_until(10, sub { effects($id) =~ /refund_settled/ }), '... and the second charge goes back');
    is(effects($id), 'sale unplaced_capture refund_settled', '... each booked once');
    is(scalar(sales($id)) . scalar(backs($id)), '21', '... two charges there, one given back');
    is(order($id)->{status}, 'paid', '... and the order stays paid');
    return is(scalar(grep { $_->{payment} eq (sales($id))[0]{reference} } logged('payment.charged_twice')), 1, '... the operator is told, once');
}

# The money goes back, and the answer to that is lost: it is looked up, and nothing is sent twice.
sub answer_lost {
    my ($kind) = @_;
    my $id = do { fault('double'); buy(Floor => 'tok_visa', "lost-$kind")->{json}{id} };
    fault($kind);
    ok($s->wait_until(20, sub { effects($id) =~ /refund_settled/ }), "a refund's answer lost ($kind): the money is known to be back");
    is(scalar backs($id), 1, '... and was given back once');
    return is(effects($id), 'sale unplaced_capture refund_settled', '... booked once');
}

# Starts cases whose charge comes late, and waits until it was given up.
sub given_up_late {
    my @cases = map { fault('late', delay_ms => LATE_MS); $_->() } @_;
    ok($s->wait_until(8, sub { @cases == grep { given_up($_->{id}) } @cases }), 'not found, past the horizon: given up');
    is(join(' ', map { order($_->{id})->{status} . '/' . states($_->{id}) } @cases), join(' ', ('held/failed') x @cases), '... the order is held again');
    is(scalar(map { sales($_->{id}) } @cases), 0, '... and nothing was charged yet');
    return @cases;
}

# --- all of it -----------------------------------------------------------------------

sub late_approvals {
    my ($gateway, %more) = @_;
    $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1200,
        BOXOFFICE_FENCE_MS => 2000, BOXOFFICE_HORIZON_MS => 3000 });
    $shop = $s->shop(organizer => { gateway => $gateway }, types => [ [ Floor => 5000, 1000 ], [ Last => 5000, 1 ] ]);
    $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $_->[0], max_redemptions => $_->[1],
        discount => { type => 'percent', percent_bps => 1000 } }) for [ THRICE => 3 ], [ 'LAST-USE' => 1 ];
    my $sent = time;
    my @gone = given_up_late(\&expired, \&sold_out, \&used_up);
    $s->advance_clock(601);
    $_->{then}->() for @gone;
    my @held = given_up_late(\&held, \&paid_again);
    $_->{then} and $_->{then}->() for @held;
    my @cases = (@gone, @held);
    doubled();
    answer_lost($_) for qw(drop_after 500_after garbage);
    # NMI has no idempotency key: nobody knew until it was looked up.
    is(one_value($s, q{select count(*) from ops.audit where action = 'payment.refund_unknown'}), 3, 'each was unknown meanwhile') if $gateway eq 'nmi';
    $more{beside}->($s, $shop) if $more{beside};
    ok($s->wait_until($sent + 25 - time, sub { 5 == grep { sales($_->{id}) && !given_up($_->{id}) } @cases }),
        'then each is charged after all, and known');
    settled($s, 15);
    $_->{ask}->() for @cases;
    $s->books_ok;
    sound($s, 'at the end');
    return $s;
}

1;
