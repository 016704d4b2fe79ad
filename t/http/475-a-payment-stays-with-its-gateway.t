# Both gateways are sold through alike: sales, declines and every way to lose an answer end the same; and a payment stays with the gateway that it was sent to.
# The same cases at an organizer of each; then an organizer changes its gateway while a payment's outcome is not known.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 6, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 2500,
    BOXOFFICE_FENCE_MS => 3500, BOXOFFICE_HORIZON_MS => 5500 });
my $fault = sub { my ($kind, %more) = @_; $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $kind, count => 1, %more }) };
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $order = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $card  = sub { join ' ', map { $_ // '-' } @{ $_[0]{payments}[0]{card} || {} }{qw(brand)} };
my $logged = sub { my ($event) = @_; open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; grep { $_->{event} eq $event } map { decode_json($_) } <$in> };

my %shop = map { $_ => $s->shop(organizer => { gateway => $_ }) } qw(nmi stripe);
my (@lost, @none);
for my $gateway (qw(nmi stripe)) {
    my $shop  = $shop{$gateway};
    my $visa  = $gateway eq 'nmi' ? 'tok_visa' : 'pm_card_visa';
    my $place = sub { my ($token) = @_; return $s->buy($shop, { Floor => 2 }, payment_token => $token) };

    my $sold = $place->($visa);
    is("$sold->{status} $sold->{json}{status} " . $card->($sold->{json}), '201 paid visa', "$gateway: a sale");
    my @rows = $there->($sold->{json}{id});
    is(join(' ', map { "$_->{gateway} $_->{kind} $_->{amount} $_->{currency} $_->{status}" } @rows), "$gateway sale 11400 USD approved", '... once, there');
    is($rows[0]{reference}, $sold->{json}{payments}[0]{id}, '... under the payment\'s id');
    is(one_value($s, q{select gateway_transaction from app.payments where order_id = ?}, uuid_of($sold->{json}{id})), $rows[0]{id}, '... whose id there is kept');

    for my $case ([ tok_declined => 'generic_decline' ], [ tok_insufficient_funds => 'insufficient_funds' ], [ tok_expired_card => 'expired_card' ]) {
        my $got = $place->($case->[0]);
        problem_ok($got, 402, 'card_declined', "$gateway: $case->[0]");
        is("$got->{json}{decline_code} $got->{json}{order}{status}", "$case->[1] held", '... with the reason, and the order still held');
        is(join(' ', map { $_->{status} } $there->($got->{json}{order}{id})), 'declined', '... nothing charged');
        my $again = $s->call(POST => "/v1/orders/$got->{json}{order}{id}/pay", { payment_token => $visa });
        is("$again->{status} $again->{json}{status}", '200 paid', '... and another card pays it');
    }

    # The deadline leaves room for the longest pause before it sends again.
    # Stripe has idempotency keys: what is dropped or garbled is sent again, and answered as the first time.
    my %known = $gateway eq 'stripe' ? (drop_after => 1, garbage => 1) : ();
    for my $kind (qw(drop_after 500_after garbage timeout)) {
        $fault->($kind);
        my $got = $place->($visa);
        # While it waits for what does not come, an event or a sweep may tell.
        my $want = $known{$kind} ? qr/^201 paid$/ : $kind eq 'timeout' ? qr/^(?:201 paid|202 processing)$/ : qr/^202 processing$/;
        like("$got->{status} $got->{json}{status}", $want, "$gateway: the answer lost ($kind)");
        push @lost, [ "$gateway, $kind", $got->{json}{id} ];
    }
    $fault->('drop_before', count => 3);
    my $none = $place->($visa);
    is("$none->{status} $none->{json}{status}", '202 processing', "$gateway: the question lost");
    $s->sandbox(DELETE => '/sandbox/faults');
    push @none, [ "$gateway, drop_before", $none->{json}{id} ];
}
for my $case (@lost) {
    my ($name, $id) = @$case;
    ok($s->wait_until(5, sub { $order->($id)->{status} eq 'paid' }), "$name: the order is paid within 5 s");
    is(join(' ', map { $_->{status} } $there->($id)), 'approved', '... and was charged once');
}

# --- charged, and not shown by the gateway for a while ----------------------------

$fault->('hidden', delay_ms => 2500);
my $hidden = $s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa')->{json};
is($hidden->{status}, 'processing', 'a charge that the gateway does not show yet');
ok($s->wait_until(8, sub { $order->($hidden->{id})->{status} eq 'paid' }), '... is found');
is(join(' ', map { $_->{status} } $there->($hidden->{id})), 'approved', '... once');

# --- refused for the account's set-up ------------------------------------------------

my $refused = $s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_config')->{json};
is($refused->{status}, 'processing', 'refused for the account\'s set-up: not believed at once');
ok($s->wait_until(4, sub { $order->($refused->{id})->{payments}[0]{status} eq 'declined' }), '... declined long before the horizon');
is(one_value($s, 'select lookups from app.payments where order_id = ?', uuid_of($refused->{id})), 1, '... after one look-up');
my @told = $logged->('gateway.refuses_for_its_setup');
is(join(' ', map { "$_->{level} $_->{payment} $_->{code}" } @told), "error $refused->{payments}[0]{id} 461", '... and the operator is told, once');
like($told[0]{next}, qr/merchant account/, '... what to do');

# --- the organizer changes its gateway --------------------------------------------------

for my $case ([ nmi => 'stripe' ], [ stripe => 'nmi' ]) {
    my ($from, $to) = @$case;
    my $shop = $s->shop(organizer => { gateway => $from });
    $s->stop('jobs');
    $s->sandbox(POST => '/sandbox/faults', { target => 'webhooks', kind => 'drop_before', count => 1 });
    $fault->('timeout');
    my $lost = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    is($lost->{status}, 'processing', "$from: an outcome is not known");
    my $changed = $s->call(PATCH => "/v1/organizers/$shop->{organizer}", { gateway => $to }, key => 'admin');
    is("$changed->{status} $changed->{json}{gateway}", "200 $to", "... the organizer changes to $to");
    my $next = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    is(join(' ', map { $_->{gateway} } $there->($next->{id})), $to, '... the next charge goes there');
    $s->start('jobs');
    ok($s->wait_until(6, sub { $order->($lost->{id})->{status} eq 'paid' }), "... the first is found at $from");
    is(join(' ', map { "$_->{gateway} $_->{status}" } $there->($lost->{id})), "$from approved", '... charged there alone, once');
    is(join(' ', @{ $s->dbh->selectcol_arrayref('select gateway from app.payments where order_id = any(?) order by created_at', undef,
        [ map { uuid_of($_->{id}) } $lost, $next ]) }), "$from $to", '... and each payment knows where it was sent');
}

for my $case (@none) {
    my ($name, $id) = @$case;
    ok($s->wait_until(12, sub { $order->($id)->{status} eq 'held' }), "$name: the order is held again past the horizon");
    is(scalar $there->($id), 0, '... and nothing was charged');
}
$s->books_ok;
sound($s, 'at the end');
done_testing;
