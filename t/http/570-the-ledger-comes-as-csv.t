# Proves that ledger answers come as CSV to whoever asks for it: every entry with
# the caller's filters, whole or visibly cut, in bounded memory, with nothing in
# it that a spreadsheet would run. By 12,000 entries, by taking the database away
# in the middle, and by a codec of the test's own.
use strict;
use warnings;
use List::Util qw(sum0);
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 1);
my $shop = $s->shop;
my $org  = $shop->{organizer};
my $far  = $s->shop;
my ($seller, $other) = map { $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $_->{organizer}, name => 'o' }, key => 'admin')->{key} } $shop, $far;
my $csv  = sub { my ($path, %h) = @_; return $s->call(GET => "/v1/$path", undef, key => 'admin', Accept => 'text/csv', %h) };

# Rows of fields; dies on what RFC 4180 does not know.
sub rows {
    my ($text) = @_;
    my (@rows, @row);
    pos($text) = 0;
    while (pos $text < length $text) {
        $text =~ /\G(?:"((?:[^"]|"")*)"|([^",\n\r]*))([,\n])/gc or die 'no CSV at ' . substr $text, pos $text, 40;
        my ($quoted, $plain, $end) = ($1, $2, $3);
        push @row, defined $quoted ? $quoted =~ s/""/"/gr : $plain;
        if ($end eq "\n") { push @rows, [@row]; @row = () }
    }
    return @rows;
}
sub hashes { my ($head, @rows) = rows($_[0]); return map { my %h; @h{@$head} = @$_; \%h } @rows }

# --- which form ---------------------------------------------------------------------

my $order = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my $path  = "ledger/entries?order=$order->{id}";
my $got   = $csv->($path);
is($got->{status}, 200, 'entries come as CSV');
is($got->{headers}{'content-type'}, 'text/csv; charset=utf-8; header=present', '... named as what they are');
is($got->{headers}{'content-disposition'}, 'attachment; filename="ledger_entries.csv"', '... and as a file');
for my $case ([ 'text/csv, application/json;q=0.5', 1 ], [ 'text/csv;q=0.9, */*;q=0.8', 1 ], [ 'application/json;q=0.2, Text/CSV ; header=present ; q=0.3', 1 ],
    [ 'application/json', 0 ], [ '*/*', 0 ], [ 'text/*', 0 ], [ 'application/json, text/csv;q=0.9', 0 ], [ 'text/csv;q=0', 0 ], [ 'application/json, text/csv', 0 ],
    [ 'text/html', 0 ], [ undef, 0 ], [ 'text/csvx', 0 ]) {
    my ($accept, $wants) = @$case;
    is($csv->($path, Accept => $accept)->{headers}{'content-type'} =~ m{^text/csv} ? 1 : 0, $wants, 'Accept: ' . ($accept // 'nothing'));
}
problem_ok($csv->('ledger/entries?account=money'), 400, 'invalid_request', 'a problem stays a problem');

# --- the same as JSON ---------------------------------------------------------------------

my $json = $s->must(GET => "/v1/$path", undef, key => 'admin')->{data}[0];
my @rows = hashes($got->{body});
is(scalar @rows, 6, 'a row for each posting');
is_deeply([ map { [ @$_{qw(account amount)} ] } @rows ], [ map { [ @$_{qw(account amount)} ] } @{ $json->{postings} } ], '... in order');
is_deeply([ map { $rows[3]{$_} } qw(id kind organizer order object_id promo currency occurred_at recorded_at reverses) ],
    [ map { $json->{$_} // '' } qw(id kind organizer order object_id promo currency occurred_at recorded_at reverses) ], '... with the entry\'s fields in each');
my $now = sub { my %h = (%{ $_[0] }); delete $h{as_of}; return \%h };
for my $case ([ "balance?organizer=$org", 'balance', sub { return { organizer => $_[0]{organizer}, clock => 'recorded', final => 'false', %{ $_[0]{balances}[0] } } } ],
    [ "ledger/trial_balance?organizer=$org", 'trial_balance', sub { my ($j) = @_; return { (map { ($_ => $j->{$_}) } qw(organizer clock currency)), final => 'false',
        %{ $j->{accounts}[0] } } } ],
    [ "ledger/accounts?organizer=$org", 'ledger_accounts', sub { my ($first) = @{ $_[0]{data} };
        return { (map { ($_ => $first->{$_}) } qw(account type normal_side)), organizer => $org, clock => 'recorded', final => 'false', %{ $first->{balances}[0] } } } ],
    [ 'ledger/accounts', 'ledger_accounts', sub { my ($first) = @{ $_[0]{data} }; return { map { ($_ => $first->{$_}) } qw(account type normal_side) } } ]) {
    my ($ask, $file, $want) = @$case;
    my $answer = $csv->($ask);
    is($answer->{headers}{'content-disposition'}, qq(attachment; filename="$file.csv"), "$ask: a file");
    is_deeply($now->((hashes($answer->{body}))[0]), $want->($s->must(GET => "/v1/$ask", undef, key => 'admin')), '... which says what JSON says');
}
is(scalar(hashes($csv->("ledger/trial_balance?organizer=$org")->{body})), 22, 'a trial balance has every account');
is(sum0(map { $_->{balance} } hashes($csv->("ledger/trial_balance?organizer=$org")->{body})), 0, '... and sums to zero');

# --- formulas ------------------------------------------------------------------------------------

my @evil = ('=HYPERLINK("http://x","y")', '+1', '-1', '@SUM(A1)', "\tx", "\rx", 'a,"b"', "two\nlines", "back\\slash", 'SAVE10', ' lead', "Gr\x{fc}n");
$s->dbh->do(q{select ledger.entry_post(org, gen_random_uuid(), 'adjustment', gen_random_uuid(), null, $1, 'USD', '{bank,refunds}', '{-5,5}', ops.now(), null)
    from app.organizers where id = (select id from app.organizers order by created_at limit 1)}, undef, $_) for @evil;
utf8::decode(my $body = $csv->("ledger/entries?organizer=$org&account=bank")->{body});
my @promos = map { $_->{promo} } grep { $_->{account} eq 'bank' } hashes($body);
is_deeply([ reverse @promos ], [ map { /^[=+\-\@\t\r]/ ? "'$_" : $_ } @evil ], 'text that begins as a formula gets an apostrophe, other text comes as it is');
is(scalar(grep { $_->{amount} ne '5' && $_->{amount} ne '-5' } hashes($body)), 0, '... a negative amount stays a number');

# --- all, and with filters -----------------------------------------------------------------------------

$s->dbh->do(q{select ledger.entry_post(o.org, gen_random_uuid(), 'sale', gen_random_uuid(), null, 'CODE' || i, 'USD', '{gateway_clearing,tax_payable,ticket_revenue}',
    array[i, -1, 1 - i], ops.now(), null) from app.organizers o, generate_series(2, 12001) i where o.id = $1}, undef,
    $s->dbh->selectrow_array('select id from app.organizers order by created_at limit 1'));
@rows = hashes($csv->("ledger/entries?organizer=$org&account=ticket_revenue")->{body});
my %id; $id{ $_->{id} }++ for @rows;
is(scalar keys %id, 12001, 'all of 12,001 entries come, not a page');
is(scalar @rows, 36_006, '... with each posting');
is(sum0(map { $_->{amount} } @rows), 0, '... which sum to zero');
is(join(' ', map { $_->{recorded_at} } @rows), join(' ', sort { $b cmp $a } map { $_->{recorded_at} } @rows), '... newest first');
my $count = sub { my ($q, %h) = @_; my %n; $n{ $_->{id} }++ for hashes($csv->("ledger/entries?$q", %h)->{body}); return scalar keys %n };
is($count->("organizer=$org&account=bank"), scalar @evil, 'only of an account');
is($count->("organizer=$org&recorded_to=$json->{recorded_at}"), 0, 'only until a time');
is($count->("organizer=$org&limit=5"), 5, 'only as many as are asked for');
my $page = $s->must(GET => "/v1/ledger/entries?organizer=$org&limit=100", undef, key => 'admin');
is($count->("organizer=$org&cursor=$page->{next_cursor}"), 12001 + @evil - 100, 'from a cursor on');
is($count->('', key => $seller), 12001 + @evil, 'an organizer gets its own');
is($count->('', key => $other), 0, '... and nothing of another\'s');
is($csv->('ledger/entries', key => $other)->{body}, "id,kind,organizer,order,object_id,promo,currency,account,amount,occurred_at,recorded_at,reverses\n",
    '... but the names of the columns');
problem_ok($csv->("ledger/entries?organizer=$org", key => $other), 404, 'not_found', '... nor by its name');
is($s->call(HEAD => '/v1/ledger/entries', undef, key => 'admin', Accept => 'text/csv')->{status}, 200, 'HEAD has no body');
is($s->call(GET => '/v1/ledger/entries', undef, key => 'admin')->{status}, 200, '... and the worker goes on');
my $quote = "' or true --";
is($csv->('ledger/entries?account=' . $quote =~ s/ /%20/gr)->{status}, 400, 'a filter that is none is refused');

# --- memory, and what is cut ------------------------------------------------------------------------------

$s->dbh->do(q{select ledger.entry_post(o.org, gen_random_uuid(), 'sale', gen_random_uuid(), null, 'CODE' || i, 'USD', '{gateway_clearing,tax_payable,ticket_revenue}',
    array[i, -1, 1 - i], ops.now(), null) from app.organizers o, generate_series(2, 60000) i where o.id = $1}, undef,
    $s->dbh->selectrow_array('select id from app.organizers order by created_at limit 1'));
my ($worker) = $s->workers('api');
my $peak = sub { open my $in, '<', "/proc/$worker/status" or die; my ($kb) = do { local $/; <$in> } =~ /^VmHWM:\s+(\d+)/m; return $kb / 1024 };
my $had  = $peak->();
$got = $csv->("ledger/entries?organizer=$org");
cmp_ok(length $got->{body}, '>', 40_000_000, sprintf '%.0f MB of CSV', length($got->{body}) / 1e6);
my $most = ($ENV{BUILD} // '') =~ /asan/ ? 300 : 8;    # a sanitizer keeps what was freed for a while
cmp_ok($peak->() - $had, '<', $most, sprintf 'cost the worker %.1f MB', $peak->() - $had);
my $kill = sub { return kill 'TERM', @{ $s->dbh->selectcol_arrayref(
    q{select pid from pg_stat_activity where usename = 'boxoffice_api' and datname = current_database()}) } };
my ($killed, $bytes, %try) = (0, 0);    # the client tries a GET twice
$got = $s->_http->request(GET => $s->url . "/v1/ledger/entries?organizer=$org", { headers => { Accept => 'text/csv', Authorization => 'Bearer ' . $s->admin_key },
    data_callback => sub { $killed += $kill->() if !$try{ $_[1] }++; $bytes += length $_[0] } });
cmp_ok($killed, '>=', 2, 'the database ends in the middle, twice');
cmp_ok($bytes, '>', 0, "... after $bytes bytes");
is($got->{status}, 599, '... and nobody takes what came for all');
like($got->{content}, qr/[Uu]nexpected end of stream|SSL/, '... because it ends early');
my $log = do { open my $in, '<', $s->dir . '/log/api.log' or die; local $/; <$in> };
ok($log =~ /"event":"reply\.cut"/, '... which is logged');
$s->wait_until(10, sub { $s->workers('api') });
is($count->("organizer=$org&limit=3"), 3, 'the next asks and gets it');
done_testing;
