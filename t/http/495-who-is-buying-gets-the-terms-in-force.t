# Proves that an order which was priced on a code that is changed before it commits is priced anew, on the code as it is by then, and that a change answers
# without keeping buyers waiting. By changing a code in a session that has not committed, so that an order waits, and committing.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 1);
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my $org  = one_value($s, 'select org from app.organizers where id = ?', uuid_of($shop->{organizer}));
my $n    = 0;
my $other = $s->dbh->clone;
my $code  = sub { my (%more) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'CODE' . ++$n,
    discount => { type => 'percent', percent_bps => 1000 }, max_redemptions => 1000, %more }) };

# What an order is told that waits for a change of its code.
sub bought_meanwhile {
    my ($promo, $set, %order) = @_;
    $other->begin_work;
    $other->do('select app.promo_update(?, ?, null, ?, true, ?, ?)', undef, $org, uuid_of($promo->{id}), $set, 't', 'r');
    my $later = later(sub { $s->buy($shop, { Floor => 2 }, promo_code => $promo->{code}, payment_token => 'tok_visa', %order) });
    ok($s->wait_until(10, sub { one_value($s, 'select count(*) from pg_locks where not granted') }), "an order waits for $set");
    $other->commit;
    return answer($later);
}
my $is = sub { my ($got, $discount, $what) = @_; is("$got->{status} " . ($got->{json}{amounts}{discount} // $got->{body}), "201 $discount", $what) };

my $promo = $code->();
$is->(bought_meanwhile($promo, '{"percent_bps": 100}'), 100, '... and gets the new discount');
is(one_value($s, 'select discount from app.promo_uses where promo_id = ?', uuid_of($promo->{id})), 100, '... which its slot has');
my $paid = $code->();
$is->(bought_meanwhile($paid, '{"platform_bps": 10000}'), 1000, '... and the same discount');
is(one_value($s, 'select platform from app.promo_uses where promo_id = ?', uuid_of($paid->{id})), 1000, '... which the platform pays by now');
problem_ok(bought_meanwhile($code->(), '{"ends_at": "2020-01-01T00:00:00Z"}'), 409, 'promo_expired', '... and is told that its time is over');
problem_ok(bought_meanwhile($code->(), '{"active": false}'), 409, 'promo_expired', '... or that it was switched off');
problem_ok(bought_meanwhile($code->(), '{"min_tickets": 50}'), 409, 'promo_not_applicable', '... or that it takes more');
my $second = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Second',
    starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' });
problem_ok(bought_meanwhile($code->(), sprintf '{"events": ["%s"]}', uuid_of($second->{id})), 409, 'promo_not_applicable', '... or that it is for another event');
problem_ok(bought_meanwhile($code->(), '{"budget_amount": 999}'), 409, 'promo_exhausted', '... or that its budget is less');
my $twice = $s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 2 }, promo_code => $promo->{code}));
is($twice->{amounts}{discount}, 100, 'a quote says the same');
is(one_value($s, q{select count(*) from app.orders where status = 'held'}), 0, 'who was refused has no order');

$s->books_ok;
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
