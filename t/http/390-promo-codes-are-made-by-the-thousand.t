# Proves that `boxoffice promos` makes 100,000 copies of a code, each unique and
# as good as its template, that a run which is killed leaves what it made and is
# continued, that lists and reports tell of them, and that a batch is switched off.
# By running it, also at once.
use strict;
use warnings;
use Cwd ();
use JSON::PP;
use Problem;
use Stack;
use Storm;
use Test::More;
use Time::HiRes qw(sleep time);

my $s    = Stack->up(pay => 1, hook => 1, api => 1);
delete @ENV{ grep { /^BOXOFFICE_/ } keys %ENV };    # the test runner's own are no settings of the tool
my $tool = ($ENV{BUILD} || Cwd::abs_path('var/build')) . '/boxoffice';
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
sub bx { return $s->boxoffice('promos', @_) }
sub refused {
    my ($got, $status, $says, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($got->{status} == $status && !$got->{signal} && $got->{out} eq '' && $got->{err} =~ $says, $name) or diag("$got->{status} out[$got->{out}] err[$got->{err}]");
}
my $make = sub { $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, discount => { type => 'percent', percent_bps => 1000 }, @_ }) };
my %full = (
    discount => { type => 'fixed', amount => 500, per => 'ticket' }, events => [ $shop->{event} ], ticket_types => [ $shop->{types}{Floor} ], opens_ticket_types => [],
    max_redemptions => 2, max_per_guest => 2, budget_amount => 100_000, min_order_amount => 100, min_tickets => 1,
        starts_at => '2026-01-01T00:00:00Z', ends_at => '2031-01-01T00:00:00',
    funder => { platform_bps => 5000 }, stacks => JSON::PP::true, return_on_refund => JSON::PP::true,
);
my $template = $make->(%full, code => 'TEMPLATE');
my $id       = $template->{id};
my $count    = sub { $s->dbh->selectrow_array('select count(*) from app.promo_codes where batch is not null') };

# --- wrong arguments ----------------------------------------------------------------

my $bat   = 'bat_' . substr $id, 4;
my @words = (
    [ [qw(generate)], qr/needs --template and --count/ ], [ [ 'generate', '--template', $id ], qr/needs --template and --count/ ],
        [ [qw(generate --count 5)], qr/needs/ ],
    [ [qw(generate --template evt_1 --count 5)], qr/^boxoffice: --template is an id that begins with pro_$/m ],
    (map { [ [ 'generate', '--template', $id, '--count', $_ ], qr/^boxoffice: --count is a whole number from 1 to 10000000$/m ] } 0, -1, 'ten', '', '1e3', '10000001'),
    (map { [ [ 'generate', '--template', $id, '--count', 5, '--prefix', $_ ], qr/^boxoffice: --prefix is up to 30 letters, digits, _ and -$/m ] }
         'a b', 'ä', '=1', 'x' x 31),
    [ [ 'generate', '--template', $id, qw(--count 5 --batch x) ], qr/--batch is an id that begins with bat_/ ],
    [ [ 'generate', '--template', $id, qw(--count 5 --batch), 'bat_' . '0' x 12 . '4' . '0' x 13 ], qr/^boxoffice: --batch / ],
    [ [qw(list)], qr/needs --batch/ ], [ [ 'list', '--batch', $id ], qr/begins with bat_/ ], [ [qw(usage)], qr/one PROMO, --batch or --organizer/ ],
    [ [ 'usage', $id, '--batch', $bat ], qr/needs one/ ], [ [ 'usage', $id, $id ], qr/needs one/ ], [ [ 'usage', 'X' ], qr/PROMO is an id that begins with pro_/ ],
    [ [ 'usage', '--organizer', $id ], qr/begins with org_/ ], [ [ 'usage', $id, '--count', 1 ], qr/there is no option --count/ ], [ [ 'list',
        '--batch', $bat, 'x' ], qr/a word too many/ ],
);
refused(bx(@{ $_->[0] }), 2, $_->[1], "promos @{ $_->[0] }: refused") for @words;
my $nobody = 'pro_' . substr $shop->{organizer}, 4;
refused(bx('generate', '--template', $nobody, '--count', 5), 3, qr/not_found: there is no such promo code/, 'a template that is not there');
refused(bx('generate', '--template', $id, '--count', 5, '--batch', $bat), 3, qr/not_found: there is no such batch/, 'a batch that is not there');
refused(bx('list', '--batch', $bat), 3, qr/not_found: there is no such batch/, '... nor can be listed');
refused(bx('usage', $_->[1]), 3, qr/not_found: there is no such $_->[0]/, "... nor a $_->[0] reported on") for [ 'promo code', $nobody ];
refused(bx(qw(usage --batch), $bat), 3, qr/not_found: there is no such batch/, '... nor a batch');
refused(bx(qw(usage --organizer), 'org_' . substr $id, 4), 3, qr/not_found: there is no such organizer/, '... nor an organizer');
is($count->(), 0, 'and nothing was made');

# --- a hundred thousand ----------------------------------------------------------------

my $rows = sub { my ($got) = @_; my ($head, @rows) = split /\n/, $got->{out}; is($head, 'id,code', '... under a heading'); return map { [ split /,/ ] } @rows };
my $began = time;
my $many  = bx('generate', '--template', $id, '--count', 100_000, '--prefix', 'Summer-');
my $took  = time - $began;
is($many->{status}, 0, 'a hundred thousand codes are made') or diag($many->{err});
cmp_ok($took, '<', 90, sprintf '... in %.1f s', $took);
my @made = $rows->($many);
is(scalar @made, 100_000, '... printed, one a line');
is(scalar keys %{ { map { uc $_->[1] => 1 } @made } }, 100_000, '... each unlike all others');
is(scalar keys %{ { map { $_->[0] => 1 } @made } }, 100_000, '... with an id of its own');
is(scalar(grep { $_->[1] !~ /^Summer-[0-9A-HJKMNP-TV-Z]{10}$/ || $_->[0] !~ /^pro_[0-9a-hjkmnp-tv-z]{26}$/ } @made), 0, '... of the prefix and ten characters');
my ($batch) = $many->{err} =~ /^boxoffice: batch (bat_\w{26}); if this is stopped, --batch makes the rest$/m;
like($many->{err}, qr/^boxoffice: the batch has 100000 codes$/m, '... and told of, with its batch');
my %pick = map { $_->[1] => $_->[0] } @made[ 0, 999, 1000, 50_000, 99_999 ];
for my $code (sort keys %pick) {
    my $copy = $s->must(GET => "/v1/promo_codes/$pick{$code}");
    is_deeply($copy, { %$template, id => $pick{$code}, code => $code, batch => $batch, created_at => $copy->{created_at} }, "$code is as its template");
}
my $broken = $s->dbh->selectrow_array(q{select count(*) from (select p.id, sum(b.uses) as uses, sum(b.budget) as budget from app.promo_codes p
    left join app.promo_buckets b on b.org = p.org and b.promo_id = p.id where p.batch is not null group by p.id) x where (uses, budget) is distinct from (2, 100000)});
is($broken, 0, '... every one with uses and a budget of its own');
my ($audited, $lines) = $s->dbh->selectrow_array(q{select sum((body::jsonb->>'codes')::bigint),
    count(*) from ops.audit where action = 'promo_codes.copied' and actor = 'operator'});
is("$audited $lines", '100000 100', '... a line of the audit log for each thousand');
my $listed = bx('list', '--batch', $batch);
is(join("\n", sort map { "@$_" } $rows->($listed)), join("\n", sort map { "@$_" } @made), '`list` tells of the same');
is(scalar @{ $s->must(GET => "/v1/promo_codes?batch=$batch&limit=100")->{data} }, 100, '... and the API, by pages');
my $two = $s->must(GET => "/v1/promo_codes?batch=$batch&limit=2");
is(scalar @{ $s->must(GET => "/v1/promo_codes?batch=$batch&limit=2&cursor=$two->{next_cursor}")->{data} }, 2, '... one after the other');

# --- used: its limits are its own -------------------------------------------------------------

my ($first, $second) = map { $made[$_][1] } 7, 8;
my $buy = sub { my ($code, $who, %more) = @_; return $s->buy($shop, { Floor => 1 }, promo_code => $code, guest => { email => "$who\@x.example",
    name => $who }, %more) };
is($buy->(lc $first, 'ada', payment_token => 'tok_visa')->{json}{amounts}{discount}, 500, 'a copy gives what its template gives');
$buy->($first, 'bea', payment_token => 'tok_visa');
problem_ok($buy->($first, 'cleo'), 409, 'promo_exhausted', '... as often as that');
is($buy->($second, 'cleo')->{status}, 201, '... and the next one has its own uses');

# --- killed, and continued ----------------------------------------------------------------------

my $file = $s->dir . '/killed.csv';
my ($pid) = run_killed($file, [ 'promos', 'generate', '--template', $id, '--count', 30_000 ], sub { $count->() >= 105_000 });
# What it had sent may still be at work.
$s->wait_until(20, sub { !$s->dbh->selectrow_array(q{select count(*) from pg_stat_activity where usename = 'boxoffice_owner' and pid <> pg_backend_pid()}) });
my $left  = $count->() - 100_000;
cmp_ok($left, '>=', 5000, "killed after $left codes");
cmp_ok($left, '<', 30_000, '... before its end');
is($left % 1000, 0, '... by whole thousands');
my ($halved) = $s->dbh->selectrow_array(q{select count(*) from app.promo_codes p where batch is not null and not exists (
    select from app.promo_buckets b where b.org = p.org and b.promo_id = p.id)});
is($halved, 0, '... none by half');
my $killed = do { open my $in, '<', "$file.err" or die; local $/; <$in> };
my ($rest) = $killed =~ /batch (bat_\w+)/ or diag($killed);
my @both = $s->parallel(2, sub { my $got = bx('generate', '--template', $id, '--count', 30_000, '--batch', $rest); return [ $got->{status},
    scalar split(/\n/, $got->{out}) - 1 ] });
is_deeply([ map { $_->[0] } @both ], [ 0, 0 ], 'continued twice at once');
is($both[0][1] + $both[1][1], 30_000 - $left, '... what was missing is made once');
my @whole = $rows->(bx('list', '--batch', $rest));
is(scalar @whole, 30_000, '... and the batch is whole');
is(scalar keys %{ { map { uc $_->[1] => 1 } @whole, @made } }, 130_000, '... each code unlike all others');
my $more = bx('generate', '--template', $id, '--count', 30_000, '--batch', $rest);
is("$more->{status} $more->{out}", "0 id,code\n", 'again, with nothing to do');
refused(bx('generate', '--template', $make->(code => 'X')->{id} =~ s/.$/0/r, '--count', 30_001, '--batch', $rest), 3,
    qr/there is no such promo code/, 'with a template that is not there');

refused(bx('generate', '--template', $make->(code => 'OTHER')->{id}, '--count', 30_001, '--batch', $rest), 1,
    qr/state_conflict: the batch is of another promo code/, '... or of another code');
is($count->(), 130_000, '... which adds nothing');

# --- switched off, and on again -----------------------------------------------------------------

refused(bx('deactivate'), 2, qr/promos deactivate needs --batch/, 'deactivate: which?');
refused(bx(qw(activate --batch), $id), 2, qr/begins with bat_/, 'activate: a batch, no code');
refused(bx(qw(deactivate --batch), $bat), 3, qr/not_found: there is no such batch/, '... that is there');
$s->must(PATCH => "/v1/promo_codes/$whole[5][0]", { active => JSON::PP::false });
my $held = $buy->($whole[1500][1], 'dora');
is($held->{status}, 201, 'a code of the batch is used');
my $gone = bx('deactivate', '--batch', $rest);
is("$gone->{status} $gone->{out}", "0 29999 of 30000 codes were switched off\n", 'then all are switched off, but one which was');
problem_ok($buy->($whole[$_][1], "emil$_"), 409, 'promo_expired', "... number $_ is refused") for 0, 1500, 29_999;
is($buy->($second, 'finn')->{status}, 201, '... one of another batch is not');
is($s->call(POST => "/v1/orders/$held->{json}{id}/pay", { payment_token => 'tok_visa' })->{json}{status}, 'paid', '... and what was held is paid');
is($s->must(GET => "/v1/promo_codes/$whole[7][0]")->{active}, JSON::PP::false, '... they say so');
is($s->call(GET => "/v1/promo_codes/$whole[7][0]")->{headers}{etag}, '"2"', '... in their second version');
is(bx('deactivate', '--batch', $rest)->{out}, "0 of 30000 codes were switched off\n", 'once more, nothing');
is($s->dbh->selectrow_array(q{select count(*) || ' ' || sum((body::jsonb->>'codes')::bigint) from ops.audit where action = 'promo_codes.deactivated' and object_id = ?},
    undef, uuid_of($rest)), '30 29999', 'there is a line of the audit log for each thousand');
is(bx('activate', '--batch', $rest)->{out}, "30000 of 30000 codes were switched on\n", 'and on again');
is($buy->($whole[0][1], 'gus')->{status}, 201, '... they are used');

# Somebody looks: there is a bar. Nobody reads: that is told.
my $looked = `cd / && BOXOFFICE_DATABASE_URL='$s->{database_url}' script -qec "$tool promos generate --template $id --count 2000 > $file" /dev/null`;
like($looked, qr/\[#{20} {20}\] 1000 of 2000.*\[#{40}\] 2000 of 2000/s, 'on a terminal a bar tells how far it is');
my $full = `BOXOFFICE_DATABASE_URL='$s->{database_url}' $tool promos generate --template $id --count 3000 2>&1 >/dev/full`;
is($? >> 8, 1, 'a full disk is no success');
like($full, qr/^boxoffice: standard output takes no more: `promos list --batch` has what was made$/m, '... but a word');

# --- reports ---------------------------------------------------------------------------------------

my $one = bx('usage', $pick{ $made[0][1] });
is($one->{status}, 0, 'a report on one code');
like($one->{out}, qr/^promo\s+codes\s+paid\s+held\s+returned\s+guests\s+flagged\s+discount\s+by organizer\s+by platform\s+sales \(USD\)\n/, '... has a heading');
like($one->{out}, qr/\n\Q$made[0][1]\E\s+1\s+0\s+0\s+0\s+0\s+0\s+0\.00\s/, '... and nothing to tell');
my $table = bx('usage', '--batch', $batch);
like($table->{out}, qr/\n$batch\s+100000\s+2\s+2\s+0\s+2\s+0\s+10\.00\s+5\.00\s+5\.00\s+90\.00\n\z/, 'on a batch: uses, guests, discount, who paid, sales');
my $head = 'promo,codes,committed,reserved,returned,guests,flagged,discount_given,organizer_funded,platform_funded,list,revenue,currency';
is(bx('usage', '--batch', $batch, '--csv')->{out}, "$head\n$batch,100000,2,2,0,2,0,1000,500,500,10000,9000,USD\n", '... and as CSV, in minor units');
my $alone = $make->(code => 'ALONE', stacks => JSON::PP::true)->{id};
$s->must(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, promo_code => 'alone', payment_token => 'tok_visa'));
my @all = split /\n/, bx('usage', '--organizer', $shop->{organizer}, '--csv')->{out};
is($all[0], $head, 'on an organizer');
my @told = grep { /^(?:$batch|$rest|ALONE|TEMPLATE|total),/ } @all;
@told[ 1, 2 ] = sort @told[ 1, 2 ];        # of as many uses
is_deeply(\@told, [ "$batch,100000,2,2,0,2,0,1000,500,500,10000,9000,USD",
    'ALONE,1,1,0,0,1,0,500,500,0,5000,4500,USD', "$rest,30000,1,1,0,1,0,500,250,250,5000,4500,USD", 'TEMPLATE,1,0,0,0,0,0,0,0,0,0,0,USD',
    'total,133004,4,3,0,4,0,2000,1250,750,20000,18000,USD' ],
    '... a row for each code and batch, those that were used first, and their sum') or diag(explain(\@all));

my $formula = $make->(code => '-1-1')->{id};
is((split /\n/, bx('usage', $formula, '--csv')->{out})[1], q{'-1-1,1,0,0,0,0,0,0,0,0,0,0,USD}, 'a code that a spreadsheet would take for a formula has a mark before it');
like(bx('generate', '--template', $formula, qw(--count 1 --prefix -2-))->{out}, qr/^pro_\w+,'-2-\w{10}$/m, '... also among copies');

$s->books_ok;
done_testing;

# Runs it with output in files, and kills it without a warning once that is true.
sub run_killed {
    my ($out, $words, $now) = @_;
    my $child = fork // die;
    if (!$child) {
        open STDOUT, '>', $out or die;
        open STDERR, '>', "$out.err" or die;
        $ENV{BOXOFFICE_DATABASE_URL} = $s->{database_url};
        exec "$tool", @$words or POSIX::_exit(127);
    }
    $s->wait_until(60, $now);
    kill 'KILL', $child;
    waitpid $child, 0;
    return $child;
}
