# Proves that too many disputes of an organizer or of one event raise what is kept of new sales, with a reason that the organizer reads; and that it ends.
# By charges and the gateway's disputes, on the test clock; limits of 5 and 10 % and two disputes, so that few sales show it.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 1, api => 2, env => { BOXOFFICE_DISPUTE_WARN_BPS => 500, BOXOFFICE_DISPUTE_ACT_BPS => 1000, BOXOFFICE_DISPUTE_LEAST => 2,
    BOXOFFICE_DISPUTE_RESERVE_BPS => 1500, BOXOFFICE_DISPUTE_RESERVE_DAYS => 60,
    BOXOFFICE_HOLD_SECONDS => 86400 });
my $late = { starts_at => '2031-01-01T20:00:00Z', ends_at => '2031-01-01T23:00:00Z' };
my $shop = $s->shop(event => $late, organizer => { payout_policy => { reserve_bps => 1000, reserve_days => 30 } });
my $org  = one_value($s, 'select org from app.organizers where id = ?', uuid_of($shop->{organizer}));
my $key  = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'o' }, key => 'admin')->{key};

# A second event of the same organizer.
my $other = { %$shop, event => $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Another night', %$late,
    tax => { rate_bps => 800, inclusive => JSON::PP::false, on_fees => JSON::PP::false } })->{id} };
$other->{types} = { Floor => $s->must(POST => "/v1/events/$other->{event}/ticket_types", { name => 'Floor', price => 5000, quantity => 100 })->{id} };
$s->must(POST => "/v1/events/$other->{event}/publish", {});

my $sell   = sub { my ($at, $n) = @_; return map { $s->buy($at, { Floor => 1 }, payment_token => 'tok_visa')->{json} } 1 .. $n };
my $count  = sub { $s->advance_clock(3600); return $s->must(GET => "/v1/organizers/$shop->{organizer}/risk", undef, key => $key) };
my $of     = sub { my ($risk, $event) = @_; my ($it) = grep { $_->{event} eq $event } @{ $risk->{events} }; return $it };
my $figures = sub { my ($row, $n) = @_; my $w = $row->{windows}[$n]; return join ' ', @$w{qw(days disputes charges ratio_bps disputed charged amount_ratio_bps)} };
my $reserve = sub { my ($order) = @_; return $order->{amounts}{reserve} };
my $days    = sub { one_value($s, q{select policy::jsonb ->> 'reserve_days' from app.orders where id = ?}, uuid_of($_[0]{id})) };

# All of an order; it counts once the books have it.
my $dispute = sub {
    my ($order) = @_;
    my ($sale) = grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$order->{id}")->{json}{data} };
    $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent' })->{json}{id} or die "no dispute\n";
    $s->wait_until(20, sub { $s->must(GET => "/v1/orders/$order->{id}")->{amounts}{disputed} }) or die "the dispute does not arrive\n";
};

# --- nothing, little, too much -------------------------------------------------------------

my @first = $sell->($shop, 4);
my @rest  = $sell->($other, 16);
my $risk  = $count->();
is("$risk->{object} $risk->{level} $risk->{reserve_bps} " . @{ $risk->{windows} }, 'risk normal 0 0', 'nothing is disputed: nothing is counted');
is_deeply($risk->{limits}, { warn_bps => 500, act_bps => 1000, least_disputes => 2, reserve_bps => 1500, reserve_days => 60 }, '... the limits are told');

$dispute->($first[0]);
$risk = $count->();
is($figures->($risk, 0), '30 1 20 500 5700 114000 500', 'one of twenty is five per cent, by number and amount');
is("$risk->{level} " . $of->($risk, $shop->{event})->{level}, 'normal normal', '... one dispute alone decides nothing');
is($reserve->($sell->($shop, 1)), 500, '... a new sale keeps the reserve of the organizer\'s policy');

my $held = $s->buy($shop, { Floor => 1 })->{json};
$dispute->($first[1]);
$risk = $count->();
my $event = $of->($risk, $shop->{event});
is($figures->($risk, 0) . ', ' . $figures->($event, 1), '30 2 21 952 11400 119700 952, 90 2 5 4000 11400 28500 4000', 'two of twenty-one, of five of one event');
is("$risk->{level} $risk->{reserve_bps} $event->{level} $event->{reserve_bps} $event->{reserve_days}", 'warned 0 raised 1500 60',
    'the organizer is warned, for the event more is kept');
like($risk->{reason}, qr/^2 disputes in 30 days, to 21 charges, are 9\.52 %\. From 10\.00 % on/, '... the organizer is told why');
like($event->{reason}, qr/^2 disputes in 30 days, to 5 charges, are 40\.00 %; the limit is 10\.00 %\. Of new sales at least 15\.00 % is kept/, '... for the event too');
my ($more) = $sell->($shop, 1);
is($reserve->($more) . ' ' . $days->($more), '750 60', 'of a new sale of that event more is kept, for longer');
is($reserve->($sell->($other, 1)), 500, '... of another event not');
is($reserve->($s->must(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 }))), 750, '... a quote says so before');
my $paid = $s->must(POST => "/v1/orders/$held->{id}/pay", { payment_token => 'tok_visa' });
is($reserve->($paid) . ' ' . $days->($paid), '500 30', '... an order that was made before keeps its terms');

$dispute->($rest[0]);
$risk = $count->();
is("$risk->{level} " . join(' ', map { "$_->{level}" } @{ $risk->{events} }), 'raised raised normal', 'a third one raises it for the organizer');
is($reserve->($sell->($other, 1)), 750, '... for all its events');

# --- told --------------------------------------------------------------------------------------

is_deeply($s->dbh->selectcol_arrayref(q{select x.body::jsonb ->> 'was' || ' ' || (x.body::jsonb ->> 'level') from ops.audit x
    where x.org = ? and x.action = 'organizer.risk_changed' and x.object_id = ? order by x.version}, undef, $org, uuid_of($shop->{organizer})),
    [ 'normal warned', 'warned raised' ], 'each change is in the audit log');
is(one_value($s, q{select count(*) from ops.outbox where org = ? and type = 'organizer.risk_changed'}, $org), 3, '... and told: two of the organizer, one of the event');
my $listed = $s->boxoffice('risks', 'list');
like($listed->{out}, qr/^\Q$shop->{organizer}\E +all +raised +1500 /m, 'the command line lists the organizer');
like($listed->{out}, qr/^\Q$shop->{organizer}\E +\Q$shop->{event}\E +raised +1500 .* disputes in 30 days/m, '... and the event');
my $log = do { open my $in, '<', $s->dir . '/log/jobs.log' or die; local $/; <$in> };
like($log, qr/"risk\.changed"[^\n]*"object":"\Q$shop->{event}\E","level":"raised","reason":"2 disputes/, 'the log has it');

# --- until it is below --------------------------------------------------------------------------------

$sell->($other, 20);
$risk = $count->();
is("$risk->{windows}[0]{ratio_bps} $risk->{level}", '666 raised', 'above the lower limit it stays');
$count->() for 1 .. 2;
is(one_value($s, q{select count(*) from ops.outbox where org = ? and type = 'organizer.risk_changed'}, $org), 3, '... and is not told again');
$sell->($other, 20);
$risk = $count->();
is("$risk->{windows}[0]{ratio_bps} $risk->{level} $risk->{reserve_bps}", '461 normal 0', 'below it, it ends');
is($risk->{reason}, undef, '... with its reason');
is($reserve->($sell->($other, 1)), 500, '... a new sale is as before');
is($reserve->($sell->($shop, 1)), 750, '... but for the event, which is another matter');

$s->advance_clock(86400 * 91);
$risk = $count->();
is("$risk->{level} " . join(' ', map { "$_->{level} $_->{windows}[1]{disputes}" } @{ $risk->{events} }), 'normal normal 0 normal 0', 'after ninety days it is forgotten');
is($reserve->($sell->($shop, 1)), 500, '... for the event too');
my $before = $risk->{computed_at};
is($count->()->{computed_at}, $before, '... and nothing is left to count');

# --- by amount -----------------------------------------------------------------------------------------

$sell->($shop, 40);
my @big = map { $s->buy($shop, { Floor => 9 }, payment_token => 'tok_visa')->{json} } 1, 2;
$dispute->($_) for @big;
$risk = $count->();
is("$risk->{level} $risk->{windows}[0]{ratio_bps} $risk->{windows}[0]{amount_ratio_bps}", 'raised 465 3050', 'few disputes of much money count by the money');
like($risk->{reason}, qr/^30\.50 % of what was charged in 30 days is disputed;/, '... and it says so');

$s->books_ok;
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
