# Proves that uses of a promo code by several guests with one card are told where the gateway tells cards apart, and refused nowhere.
# Two guests buy with one card, and with two, at an organizer of each gateway; a lost answer is looked up.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 1, api => 2, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 2500, BOXOFFICE_FENCE_MS => 3500,
    BOXOFFICE_HORIZON_MS => 5500 });
my $used = sub { my ($shop, $code, $guest, $token) = @_;
    my $got = $s->buy($shop, { Floor => 1 }, promo_code => $code, payment_token => $token, guest => { name => 'G', email => "$guest\@example.com" });
    return $got->{json}{id} if $got->{status} == 202;
    is("$got->{status} $got->{json}{status}", '201 paid', "$guest pays with $token");
    return $got->{json}{id} };
my $code = sub { my ($shop, $code) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $code,
    discount => { type => 'percent', percent_bps => 1000 } })->{id} };
my $told = sub { my $u = $s->must(GET => "/v1/promo_codes/$_[0]/usage"); return { n => $u->{flagged}, orders => [ sort @{ $u->{flagged_orders} } ] } };
my $cards = sub { my ($shop) = @_; $s->dbh->selectall_arrayref(q{select encode(card_fingerprint, 'hex') as card, card_last4 from app.payments p
    join app.organizers o on o.org = p.org where o.id = ? and p.state = 'succeeded' order by p.created_at}, { Slice => {} }, uuid_of($shop->{organizer})) };

# --- Stripe: one card is one fingerprint ----------------------------------------------------
my $stripe = $s->shop(organizer => { gateway => 'stripe' }, types => [ [ Floor => 5000, 100 ] ]);
my ($one, $two, $late) = map { $code->($stripe, $_) } qw(ONE TWO LATE);
my @first = ($used->($stripe, 'ONE', 'ada', 'pm_card_visa'));
$used->($stripe, 'ONE', $_, 'tok_visa') for qw(cleo dora);
is_deeply($told->($one), { n => 0, orders => [] }, 'three guests with three cards');
push @first, $used->($stripe, 'ONE', 'bea', 'pm_card_visa');
is_deeply($told->($one), { n => 2, orders => [ sort @first ] }, 'two guests with one card: both uses are flagged');
$used->($stripe, 'TWO', 'ada', 'pm_card_visa') for 1, 2;
$used->($stripe, 'TWO', 'bea', 'pm_card_mastercard');
is_deeply($told->($two), { n => 0, orders => [] }, 'one guest twice, and another with another card: none');

my %card = map { $_->{card} => $_->{card_last4} } @{ $cards->($stripe) };
is(scalar keys %card, 4, 'seven payments were of four cards');
is_deeply([ sort grep { /4242|4444/ } values %card ], [ 4242, 4444 ], '... Stripe\'s test cards among them');
is(scalar(grep { !/\A[0-9a-f]{64}\z/ } keys %card), 0, '... whose fingerprints are kept hashed');

# A lost answer: the card is that of the look-up.
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => '500_after', count => 9 });
my @lost = $used->($stripe, 'LATE', 'emma', 'pm_card_amex');
$s->sandbox(DELETE => '/sandbox/faults');
ok($s->wait_until(30, sub { $s->must(GET => "/v1/orders/$lost[0]")->{status} eq 'paid' }), 'a charge whose answer was lost is found');
push @lost, $used->($stripe, 'LATE', 'fay', 'pm_card_amex');
is_deeply($told->($late), { n => 2, orders => [ sort @lost ] }, '... with its card');

my $report = $s->boxoffice(qw(promos usage --csv --organizer), $stripe->{organizer})->{out};
is_deeply([ map { (split /,/)[0, 6] } grep { /^(?:promo|ONE|TWO|LATE|total),/ } split /\n/, $report ], [ promo => 'flagged', ONE => 2, TWO => 0, LATE => 2, total => 4 ],
    'the report counts them');

# --- NMI tells no card when it charges --------------------------------------------------------
my $nmi = $s->shop(types => [ [ Floor => 5000, 100 ] ]);
my $same = $code->($nmi, 'SAME');
$used->($nmi, 'SAME', $_, 'pm_card_visa') for qw(ada bea);
is_deeply($told->($same), { n => 0, orders => [] }, 'at NMI two guests with one card are not told');
is_deeply([ map { $_->{card} // '-' } @{ $cards->($nmi) } ], [ '-', '-' ], '... no fingerprint is kept');

$s->books_ok;
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
