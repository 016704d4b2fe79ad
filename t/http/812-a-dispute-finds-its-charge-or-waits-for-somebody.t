# Proves that a dispute of a gateway without an API finds its charge by the gateway's name for it, else by card, amount and day where only one fits, else waits
# in a list until somebody assigns it; and that a file of them is taken in once, whole or not at all. By webhooks signed as NMI signs, and by CSV.
use strict;
use warnings;
use Hook;
use POSIX qw(strftime);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 3600 });
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my $hook = Hook->new($s);
my $day  = strftime('%Y%m%d', gmtime);
my $buy  = sub { $s->buy($shop, { Floor => $_[0] // 1 }, payment_token => 'tok_visa')->{json} };
my $sale = sub { (grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} })[0]{id} };
my $of   = sub { @{ $s->must(GET => "/v1/disputes?order=$_[0]{id}", undef, key => 'admin')->{data} } };
my $is   = sub { return join ' ', sort map { "$_->{status} $_->{amount} $_->{fee}" } $of->($_[0]) };
my $becomes = sub { my ($order, $want) = @_; $s->wait_until(20, sub { $is->($order) eq $want }); return $is->($order) };
my $hear = sub { is($hook->post(nmi => nmi_event('chargeback.batch.complete', more => { chargebacks => [@_] }))->{status}, 200, 'the gateway tells of ' . @_) };
my $of_card = sub { my ($order, %more) = @_; return { cc_number => '4xxxxxxxxxxx' . $order->{payments}[0]{card}{last4}, date => $day, reason => '10.4', %more } };
my $waiting = sub { one_value($s, q{select string_agg(gateway_dispute || ': ' || note, '; ' order by gateway_dispute)
    from app.dispute_reports where state = 'unmatched'}) // '' };

# --- by name, by card ------------------------------------------------------------------

my ($named, $carded, $partly) = ($buy->(), $buy->(2), $buy->(3));
$hear->({ id => 'by-name', transaction_id => $sale->($named->{id}), amount => '57.00', date => $day, reason => '10.4' },
    $of_card->($carded, id => 'by-card', amount => '114.00'), $of_card->($partly, id => 'in-part', amount => '20.00'));
is($becomes->($named, 'needs_response 5700 1500'), 'needs_response 5700 1500', 'by the gateway\'s name for it, with the fee of the contract');
is($becomes->($carded, 'needs_response 11400 1500'), 'needs_response 11400 1500', 'by card and amount');
ok($s->wait_until(10, sub { $waiting->() eq 'in-part: no charge of ours is of this card and amount' }), 'a part of a charge that is not named waits')
    or diag($waiting->());
my $listed = $s->boxoffice(qw(disputes list --unmatched));
like($listed->{out}, qr/^nmi +in-part +needs_response +- +\d{4} .* 20\.00 +no charge/m, '... in a list');
is($s->boxoffice('disputes', 'assign', 'in-part', $partly->{payments}[0]{id})->{status}, 0, '... until somebody says which');
is($becomes->($partly, 'needs_response 2000 1500'), 'needs_response 2000 1500', '... then it is booked');
$hear->($of_card->($partly, id => 'in-part', amount => '20.00', status => 'won'));
is($becomes->($partly, 'won 2000 1500'), 'won 2000 1500', '... and what is said of it later finds it');
is($s->boxoffice('disputes', 'assign', 'in-part', $partly->{payments}[0]{id})->{status}, 3, 'nothing of that name waits any more');

# --- several fit ---------------------------------------------------------------------------

my ($twin, $other) = ($buy->(4), $buy->(4));
$s->dbh->do('update app.payments set card_last4 = ? where id = ?', undef, $twin->{payments}[0]{card}{last4}, uuid_of($other->{payments}[0]{id}));
$hear->($of_card->($twin, amount => '228.00'));
ok($s->wait_until(10, sub { $waiting->() =~ /several charges/ }), 'a card that paid the same twice: nobody guesses') or diag($waiting->());
my ($nameless) = $waiting->() =~ /^(\S+):/;
like($nameless, qr/^chargeback-\d{4}-\d{4}-\d\d-\d\d-228\.00$/, '... one without an id is known by what it says');
is($s->boxoffice('disputes', 'assign', $nameless, $other->{payments}[0]{id})->{status}, 0, '... and can be assigned');
is($becomes->($other, 'needs_response 22800 1500'), 'needs_response 22800 1500', '... to the one it is');
is($is->($twin), '', '... not the other');

# --- a charge that we do not know (yet) ------------------------------------------------------

my $late = $buy->();
my $there = $sale->($late->{id});
$s->wait_until(20, sub { one_value($s, q{select count(*) from app.webhook_events where state = 'applied' and note like ?}, "$late->{payments}[0]{id}%") });
$s->dbh->do('update app.payments set gateway_transaction = ? where id = ?', undef, 'forgotten', uuid_of($late->{payments}[0]{id}));
$hear->({ id => 'early', transaction_id => $there, amount => '57.00', date => $day, reason => '10.4' });
ok($s->wait_until(10, sub { $waiting->() =~ /early: no charge of ours is \d+ there/ }), 'a charge that we do not know');
$s->dbh->do('update app.payments set gateway_transaction = ? where id = ?', undef, $there, uuid_of($late->{payments}[0]{id}));
is($becomes->($late, 'needs_response 5700 1500'), 'needs_response 5700 1500', '... until we do');

# --- files ------------------------------------------------------------------------------------

my $import = sub { my ($csv, %more) = @_; return $s->call(POST => '/v1/disputes/import', $csv, key => 'admin', 'Content-Type' => 'text/csv', %more) };
my ($one, $two) = ($buy->(), $buy->());
my $file = join "\r\n", 'id,transaction_id,amount,fee,reason,status,due_by', 'f1,' . $sale->($one->{id}) . ',57.00,25.00,"goods, not received",,2031-12-10',
    'f2,' . $sale->($two->{id}) . ',57.00,,fraud,lost,', '';
my $got = $import->($file);
is("$got->{status} $got->{json}{rows} $got->{json}{new} $got->{json}{known}", '200 2 2 0', 'a file is taken in');
is($becomes->($one, 'needs_response 5700 2500'), 'needs_response 5700 2500', '... a dispute with its fee');
is($becomes->($two, 'lost 5700 1500'), 'lost 5700 1500', '... and one whose end is told first');
my ($shown) = $of->($one);
is("$shown->{reason} $shown->{due_by}", 'goods, not received 2031-12-10T23:59:59Z', '... as it says');
$got = $import->($file);
is("$got->{status} $got->{json}{new} $got->{json}{known}", '200 0 2', 'the same file again is known');

# --- an end that is taken back -----------------------------------------------------------------

my $gainsaid = sub { one_value($s, q{select string_agg(kind || ' ' || amount || ' ' || detail, '; ')
    from app.discrepancies where object_id = ?}, uuid_of(($of->($_[0]))[0]{id})) // '' };
my ($back, $turned) = ($buy->(), $buy->());
my $say = sub { my ($id, $order, @words) = @_; $import->(join "\n", 'id,transaction_id,amount,status', map { "$id," . $sale->($order->{id}) . ",57.00,$_" } @words) };
$say->(back => $back, $_) for qw(needs_response won);
is($becomes->($back, 'won 5700 1500'), 'won 5700 1500', 'a dispute is won');
$say->(back => $back, 'lost');
ok($s->wait_until(20, sub { $gainsaid->($back) }), '... and then said to be lost: somebody looks into it');
is($gainsaid->($back), 'missing_in_ledger 5700 it was won, and the gateway says that it is lost', '... with what was said');
is($is->($back), 'won 5700 1500', '... it stays as it was booked');
my $log = do { open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; local $/; <$in> };
like($log, qr/"dispute\.gainsaid".*"back".*"next"/, '... and it is logged');
$say->(turned => $turned, qw(lost won));
is($becomes->($turned, 'won 5700 1500'), 'won 5700 1500', 'words that come together are in no order');
$s->wait_until(20, sub { !one_value($s, q{select count(*) from ops.jobs where kind = 'dispute_place' and due_at < now() + interval '1 s'}) });
is($gainsaid->($turned), '', '... and gainsay nothing');

my $books = books_hash($s);
my $path  = $s->dir . '/disputes.csv';
open my $out, '>', $path or die "$path: $!"; print {$out} $file; close $out;
my $told = $s->boxoffice('disputes', 'import', $path);
is("$told->{status} $told->{out}", qq{0 {"object":"dispute_import","rows":2,"new":0,"known":2}\n}, '... from the command line too');
is(books_hash($s), $books, '... and changes nothing');
my $bad = join "\n", 'id,transaction_id,cc_number,amount,date,status,due_by', 'b1,1,,57.00,,,', 'b2,,41 xxx,57.00,,,',
    'b3,,,5,2026-13-40,gone,soon', 'b4,2,,much,,,', 'b5,1,,10000000001.00,,,', 'b6';
fields_ok($import->($bad), { '/lines/3/cc_number' => 'wrong_type', '/lines/4/transaction_id' => 'missing', '/lines/4/date' => 'wrong_type',
    '/lines/4/status' => 'unknown_value', '/lines/4/due_by' => 'wrong_type',
    '/lines/5/amount' => 'wrong_type', '/lines/6/amount' => 'out_of_range', '/lines/7' => 'wrong_type' }, 'every bad field is named with its line');
is(one_value($s, q{select count(*) from app.dispute_reports where gateway_dispute like 'b_'}), 0, '... and nothing of the file is taken');
like($s->boxoffice('disputes', 'import', '/dev/null')->{err}, qr/empty, or no CSV/, 'nor of an empty one');
fields_ok($import->("id,color,amount\nx,red,5.00\n"), { '/lines/1/2' => 'unknown_field', '/lines/1/transaction_id' => 'missing' },
    'columns that are not those of disputes');
my $card = '4111111111111111';
for ([ 'the card', "id,cc_number,amount\nc1,$card,5.00\n" ], [ 'a reason', "id,transaction_id,amount,reason\nc1,1,5.00,card 4111 1111 1111 1111\n" ],
    [ 'an id', "id,transaction_id,amount\n$card,1,5.00\n" ]) {
    my ($where, $text) = @$_;
    my $refused = $import->($text);
    problem_ok($refused, 400, 'card_data_refused', "a whole card number as $where");
    unlike($refused->{body}, qr/4111/, '... which is not repeated');
}
$hear->({ id => 'carded', transaction_id => $sale->($buy->()->{id}), amount => '57.00', date => $day, reason => $card });
$s->wait_until(20, sub { one_value($s, q{select count(*) from app.disputes where gateway_dispute = 'carded'}) });
is(one_value($s, q{select count(*) from app.dispute_reports where coalesce(reason, '') || gateway_dispute like '%4111%'}), 0, 'nor is one kept from an event');
problem_ok($import->($file, 'Content-Type' => 'application/json'), 415, 'unsupported_media_type', 'a file is text/csv');
problem_ok($import->($file, key => 'platform'), 403, 'forbidden', 'it is the admin\'s');

$s->advance_clock(86400 * 365 * 6);
is($is->($one), 'expired 5700 2500', 'a dispute that nobody answered in time has expired');
$import->("id,transaction_id,amount,status\nf1," . $sale->($one->{id}) . ",57.00,won\n");
is($becomes->($one, 'won 5700 2500'), 'won 5700 2500', '... and waits for the gateway\'s word');
$s->wait_until(20, sub { !$s->boxoffice('verify', 'matured_on_time')->{status} });     # what came back is due at once, and a job does it
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
