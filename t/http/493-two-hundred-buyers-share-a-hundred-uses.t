# Proves that no limit of a promo code is passed by buying at once, and that no use is lost: a hundred uses among two hundred buyers of whom some are declined and
# some let go, a budget, and a guest with many spellings.
use strict;
use warnings;
use List::Util qw(sum);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 8, hook => 1, api => 4, env => { BOXOFFICE_RATE_SERVER_PER_SECOND => 100000 });
my $shop = $s->shop(types => [ [ Floor => 5000, 10000 ] ]);
my $code = sub { my ($code, %more) = @_; $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => $code,
    discount => { type => 'percent', percent_bps => 1000 }, %more }) };
my $live = sub { one_value($s, q{select count(*) from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
    where u.code = ? and o.status not in ('expired', 'cancelled')}, $_[0]) };
my $tally = sub { my %n; $n{$_}++ for @_; join ' ', map { "$_ $n{$_}" } sort keys %n };

# --- a hundred uses ------------------------------------------------------------------------
# Rounds of two hundred; each pays, is declined and lets go, or only holds. What is let go is had by the next round, until all are paid.
$code->('HUNDRED', max_redemptions => 100);
my ($paid, $round, @said) = (0, 0);
while ($paid < 100 && $round++ < 6) {
    my @got = $s->parallel(200, sub {
        my ($i) = @_;
        my $kind = $round < 4 ? $i % 4 : 0;
        my $token = $kind == 0 ? 'tok_visa' : $kind == 1 ? 'tok_declined' : undef;
        my $got = $s->buy($shop, { Floor => 1 }, promo_code => 'hundred', guest => { name => 'G', email => "g$round.$i\@example.com" },
            defined $token ? (payment_token => $token) : ());
        my $id = $kind == 1 ? $got->{json}{order}{id} : $got->{json}{id};
        my $said = $got->{json}{code} // $got->{json}{status};
        $s->call(POST => "/v1/orders/$id/cancel", undef) if $kind == 2 && $got->{status} == 201;
        return { said => $said, id => $id };
    });
    push @said, $tally->(map { $_->{said} // $_->{died} } @got);
    cmp_ok($live->('HUNDRED'), '<=', 100, "round $round: at most a hundred live ($said[-1])");
    $paid = one_value($s, q{select count(*) from app.orders where status = 'paid' and promo_code = 'HUNDRED'});
    $s->advance_clock(700);    # holds end: declined ones and those that only held
}
unlike("@said", qr/internal|unavailable |died/, 'nobody was told anything else but paid, declined, held or exhausted');
is($paid, 100, "exactly a hundred are paid, after $round rounds");
is($live->('HUNDRED'), 100, '... and hold the hundred uses');
cmp_ok(one_value($s, q{select count(*) from app.promo_uses where code = 'HUNDRED'}), '>', 130, '... many had one and let it go');
problem_ok($s->buy($shop, { Floor => 1 }, promo_code => 'HUNDRED'), 409, 'promo_exhausted', 'the next is refused');
is($s->must(GET => '/v1/promo_codes?code=HUNDRED&organizer=' . $shop->{organizer})->{data}[0]{times_redeemed}, 100, 'and the code says so');

# --- a budget of 50.00 ------------------------------------------------------------------------

$code->('FIFTY', discount => { type => 'percent', percent_bps => 777 }, budget_amount => 5000);
my @got = $s->parallel(60, sub { my ($i) = @_; my $got = $s->buy($shop, { Floor => 1 + $i % 3 }, promo_code => 'FIFTY', payment_token => 'tok_visa');
    return $got->{json}{code} // $got->{json}{status} });
my $given = one_value($s, q{select sum(discount) from app.orders where promo_code = 'FIFTY' and status = 'paid'});
cmp_ok($given, '<=', 5000, "a budget is not passed: $given of 5000 (" . $tally->(@got) . ')');
cmp_ok($given, '>', 5000 - 389, '... and spent, but for less than the least discount');
is($s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }, promo_code => 'FIFTY'))->{promo}{reason}, 'promo_exhausted', '... and then it is said');

# --- one use a guest -----------------------------------------------------------------------------

for my $name (qw(MINE HERS HIS)) {    # thrice: whether two meet is chance
    $code->($name, max_per_guest => 1);
    @got = $s->parallel(40, sub {
        my ($i) = @_;
        my $mail = join('', map { rand() < 0.5 ? uc : $_ } split //, 'ann.lee') . ($i % 2 ? "+t$i" : '') . '@' . ($i % 3 ? 'gmail.com' : 'GoogleMail.com');
        $mail =~ s/\.(?=.*@)// if $i % 5 == 0;
        my $got = $s->buy($shop, { Floor => 1 }, promo_code => $name, guest => { name => 'Ann', email => $mail });
        return $got->{json}{code} // $got->{json}{status};
    });
    is($tally->(@got), 'held 1 promo_guest_limit 39', "$name: forty spellings of one guest have one use");
}
$s->advance_clock(700);
is($s->buy($shop, { Floor => 1 }, promo_code => 'MINE', guest => { name => 'Ann', email => 'annlee@gmail.com' }, payment_token => 'tok_visa')->{json}{status}, 'paid',
    '... which comes back when the hold ends');

# --- switched off while it is bought ----------------------------------------------------------------

my $stop = $code->('STOP');
my $buyer = later(sub { my $n = 0; for (1 .. 150) { my $got = $s->buy($shop, { Floor => 1 }, promo_code => 'STOP'); last if $got->{status} != 201; $n++ } return $n });
select undef, undef, undef, 0.3;
$s->must(PATCH => "/v1/promo_codes/$stop->{id}", { active => JSON::PP::false });
my $uses = $live->('STOP');
my $sold = answer($buyer);
is($live->('STOP'), $uses, "none is sold with it after the answer that it is off ($sold before)");
$s->books_ok;
sound($s, 'after all of it');
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
