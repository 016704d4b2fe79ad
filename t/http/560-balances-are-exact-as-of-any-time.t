# Proves that balance, accounts and trial balance say to the cent what sales have
# done, now and as of a time by both clocks, final where days are closed, to whom
# they belong, and that wrong questions are named. By selling on a moved test clock.
use strict;
use warnings;
use List::Util qw(sum0);
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 2);
my %plan = (fee_plan => { percent_bps => 500, fixed_amount => 50, payer => 'guest' }, payout_policy => { reserve_bps => 1000 });
my $shop = $s->shop(organizer => \%plan);
my $yen  = $s->shop(organizer => { %plan, currency => 'JPY', fee_plan => { percent_bps => 500, fixed_amount => 5, payer => 'guest' } });
my $org  = $shop->{organizer};
my ($seller, $other) = map { $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $_->{organizer}, name => 'o' }, key => 'admin')->{key} } $shop, $yen;
my $at      = sub { $s->dbh->selectrow_array(q{select to_char(ops.now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')}) =~ s/\.?0+Z$/Z/r };
my $acct    = sub { return map { $_->{account} => $_->{balances} } @{ $_[0]{data} } };
my $get     = sub { my ($path, %h) = @_; return $s->must(GET => "/v1/$path", undef, key => 'admin', %h) };
my $balance = sub { my ($query, %h) = @_; return $s->must(GET => "/v1/balance?$query", undef, key => 'admin', %h) };
my %zero    = map { $_ => 0 } qw(pending available reserved disputed in_transit);

# --- before anything is sold ---------------------------------------------------------

my $none = $balance->("organizer=$org");
is_deeply($none->{balances}, [ { currency => 'USD', %zero } ], 'an organizer without entries has one row of zeros');
is_deeply([ @$none{qw(object organizer clock final)} ], [ 'balance', $org, 'recorded', JSON::PP::false ], '... of its own, by what was recorded, not final');
like($none->{as_of}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, '... as of now');
fields_ok($s->call(GET => '/v1/ledger/trial_balance', undef, key => 'admin'), { '?currency' => 'missing' }, 'the trial balance of empty books, in no currency');

# --- sold ---------------------------------------------------------------------------------

my $t0 = $at->();
my $order = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
is($order->{status}, 'paid', 'two tickets are sold');
my %sale = (gateway_clearing => 11400, organizer_pending => -9000, organizer_reserve => -1000, tax_payable => -800, ticket_revenue => -10000,
    fee_revenue => -600, organizer_share => 10000);
my $first = $get->("ledger/entries?order=$order->{id}")->{data}[0];
is_deeply($balance->("organizer=$org")->{balances}, [ { currency => 'USD', %zero, pending => 9000, reserved => 1000 } ], 'what the organizer is owed, positive');
is_deeply($balance->('', key => $seller)->{balances}, [ { currency => 'USD', %zero, pending => 9000, reserved => 1000 } ], '... as it sees it itself');
my $trial = $get->("ledger/trial_balance?organizer=$org");
is_deeply([ @$trial{qw(object organizer currency total final)} ], [ 'trial_balance', $org, 'USD', 0, JSON::PP::false ], 'the trial balance is zero');
is_deeply({ map { $_->{balance} ? ($_->{account} => $_->{balance}) : () } @{ $trial->{accounts} } }, \%sale, '... account by account, debit positive');
is(scalar @{ $trial->{accounts} }, 22, '... of the whole chart');
is($s->buy($yen, { Floor => 1 }, payment_token => 'tok_visa')->{json}{status}, 'paid', 'another organizer sells for yen');
is_deeply($balance->("organizer=$yen->{organizer}")->{balances}, [ { currency => 'JPY', %zero, pending => 4500, reserved => 500 } ], '... and is owed yen');
is_deeply($balance->("organizer=$org")->{balances}[0]{pending}, 9000, '... the first nothing of it');
fields_ok($s->call(GET => '/v1/ledger/trial_balance', undef, key => 'admin'), { '?currency' => 'missing' }, 'all together, where there are two currencies');
for my $case ([ USD => 11400 ], [ JPY => 5655 ], [ KWD => 0 ]) {
    my $all = $get->("ledger/trial_balance?currency=$case->[0]");
    is_deeply([ $all->{organizer}, $all->{currency}, $all->{total}, $all->{accounts}[0]{balance} ], [ undef, $case->[0], 0, $case->[1] ], "all together in $case->[0]");
}

my $whole = $balance->('');
is_deeply([ $whole->{organizer}, map { "$_->{currency} $_->{pending} $_->{reserved}" } @{ $whole->{balances} } ], [ undef, 'JPY 4500 500', 'USD 9000 1000' ],
    'what all organizers together are owed');

my $chart = $get->('ledger/accounts');
is_deeply([ $chart->{object}, scalar @{ $chart->{data} }, $chart->{has_more} ], [ 'list', 22, JSON::PP::false ], 'the chart has 22 accounts');
my %account = map { $_->{account} => $_ } @{ $chart->{data} };
is_deeply($account{promo_discounts}, { object => 'account', account => 'promo_discounts', type => 'contra_revenue', normal_side => 'debit' },
    '... with type and side, and no balance');
is_deeply([ map { $account{$_}{normal_side} } qw(bank organizer_available ticket_revenue organizer_share) ], [ qw(debit credit credit debit) ],
    '... each where it stands');
%account = $acct->($get->("ledger/accounts?organizer=$org"));
is_deeply([ @account{qw(gateway_clearing bank)} ], [ [ { currency => 'USD', balance => 11400 } ], [ { currency => 'USD', balance => 0 } ] ],
    'with an organizer also what they stand at');
is_deeply($get->('ledger/accounts', key => $seller)->{data}[0]{balances}[0]{balance}, 11400, '... which it sees by itself');

# --- as of -------------------------------------------------------------------------------------

my $pending = sub { my ($t, $clock) = @_; return $balance->("organizer=$org&as_of=$t" . ($clock ? "&clock=$clock" : ''))->{balances}[0]{pending} };
$s->advance_clock(3600);
my $t1 = $at->();
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{status}, 'paid', 'an hour later one more');
is($pending->($t0), 0, 'as of before the first');
is($pending->($first->{recorded_at}), 9000, '... of its very instant');
is($pending->($t1), 9000, '... of the hour later');
is($pending->($at->()), 13500, '... of now');
is($pending->('2900-01-01T00:00:00Z'), 13500, '... of a time to come');
is($pending->('2001-01-01T00:00:00%2B02:00'), 0, '... of a past one, in another zone');
is($pending->($t1, 'occurred'), 9000, 'by the other clock it is the same');
# One that is heard of late: it happened an hour before it was recorded.
$s->dbh->do(q{select ledger.entry_post(org, gen_random_uuid(), 'sale', gen_random_uuid(), null, null, 'USD', '{organizer_pending,organizer_share}',
    '{-7,7}', $1, null) from app.organizers where currency = 'USD'}, undef, $t1);
is($pending->($t1), 9000, 'what is heard of late was not recorded then');
is($pending->($t1, 'recorded'), 9000, '... said in full');
is($pending->($t1, 'occurred'), 9007, '... and had happened');
is_deeply([ @{ $balance->("organizer=$org&as_of=$t1&clock=occurred") }{qw(clock as_of)} ], [ 'occurred', $t1 ], '... as the answer says');
$trial = $get->("ledger/trial_balance?organizer=$org&as_of=$t1&clock=occurred");
is_deeply([ $trial->{total}, map { $_->{balance} } grep { $_->{account} eq 'organizer_share' } @{ $trial->{accounts} } ], [ 0, 10007 ], 'the trial balance likewise');
is($get->("ledger/trial_balance?currency=USD&as_of=$t1")->{accounts}[0]{balance}, 11400, '... of all together');
%account = $acct->($get->("ledger/accounts?organizer=$org&as_of=$t0"));
is($account{gateway_clearing}[0]{balance}, 0, '... and the accounts');

# --- final ----------------------------------------------------------------------------------------

my ($day) = $at->() =~ /^(.{10})/;
my $final = sub { my ($q) = @_; return $balance->("organizer=$org$q")->{final} ? 1 : 0 };
my $end   = $s->dbh->selectrow_array(q{select to_char(date '} . $day . q{' + 1, 'YYYY-MM-DD"T00:00:00Z"')});
is($final->("&as_of=$t1"), 0, 'nothing is final while no day is closed');
my $early = $s->boxoffice(qw(ledger close), $day, '--by', 'Ada Audit');
is($early->{status}, 1, 'a day is not closed before its end');
$s->advance_clock(86400);
my $closed = $s->boxoffice(qw(ledger close), $day, '--by', 'Ada Audit');
is("$closed->{status} $closed->{out}", "0 $day closed: 4 entries, signed by Ada Audit\n", 'at its end it is') or diag($closed->{err});
is($final->("&as_of=$t1"), 1, 'what is as of it is final');
is($final->("&as_of=$end"), 1, '... to its end');
is($final->('&as_of=' . $end =~ s/00Z/01Z/r), 0, '... not beyond');
is($final->(''), 0, '... nor now');
is($final->("&as_of=$t1&clock=occurred"), 0, '... nor by what happened, which may be heard of later');
is($get->("ledger/trial_balance?organizer=$org&as_of=$end")->{final}, JSON::PP::true, 'a trial balance says so, too');
is($pending->($t1) . ' ' . $pending->($end), '9000 13507', 'balances in and at the end of a closed day are what they were');
$s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa');
is($pending->($end) . ' ' . $pending->($at->()), '13507 18007', '... and stay so');

# --- who, and wrong questions -------------------------------------------------------------------------

for my $path (qw(balance ledger/accounts ledger/trial_balance)) {
    problem_ok($s->call(GET => "/v1/$path?organizer=$org", undef, key => $other), 404, 'not_found', "$path: another's is not there");
    problem_ok($s->call(GET => "/v1/$path?organizer=$org", undef, key => 'platform'), 403, 'forbidden', "$path: the platform's key may not");
    problem_ok($s->call(GET => "/v1/$path?organizer=" . $org =~ s/.{3}$/000/r, undef, key => 'admin'), 404, 'not_found', "$path: one that there is not");
    is($s->call(GET => "/v1/$path?organizer=$org", undef, key => $seller)->{status}, 200, "$path: one's own");
    fields_ok($s->call(GET => "/v1/$path?organizer=$org&as_of=yesterday", undef, key => 'admin'), { '?as_of' => 'out_of_range' }, "$path: no time");
    fields_ok($s->call(GET => "/v1/$path?organizer=$org&clock=wall&as_of=&day=1", undef, key => 'admin'),
        { '?as_of' => 'out_of_range', '?clock' => 'unknown_value', '?day' => 'unknown_field' }, "$path: all that is wrong");
    fields_ok($s->call(GET => "/v1/$path?organizer=ord_1", undef, key => 'admin'), { '?organizer' => 'wrong_type' }, "$path: no organizer");
}
fields_ok($s->call(GET => "/v1/ledger/accounts?as_of=$t1", undef, key => 'admin'), { '?organizer' => 'missing' }, 'the chart as of a time');
fields_ok($s->call(GET => '/v1/ledger/trial_balance?currency=usd', undef, key => 'admin'), { '?currency' => 'unknown_value' }, 'a currency that is none');

# --- folded meanwhile -----------------------------------------------------------------------------------

$s->dbh->do(q{select ledger.entry_post(o.org, gen_random_uuid(), 'sale', gen_random_uuid(), null, null, 'USD', '{organizer_pending,organizer_share}',
    '{-1,1}', ops.now(), null) from app.organizers o, generate_series(1, 600) where o.currency = 'USD'});
is($balance->("organizer=$org")->{balances}[0]{pending}, 18607, '600 entries are counted');
my $tail = sub { $s->dbh->selectrow_array(q{select max(b.tail) from app.organizers o, ledger.balances(o.org, 'USD') b where o.currency = 'USD'}) };
ok($s->wait_until(10, sub { $tail->() == 0 }), '... and folded, because that was a long tail') or diag($tail->());
is($balance->("organizer=$org")->{balances}[0]{pending}, 18607, '... the balance is the same');
ok($s->wait_until(5, sub { !$s->dbh->selectrow_array(q{select count(*) from ops.jobs where kind = 'ledger_fold'}) }), '... and nothing is left to do');
done_testing;
