# Proves that `boxoffice ledger` tells balances and entries as the API does, finds
# what does not agree, and closes days in order, waiting for what is still under
# way; and that what is wrong is told in one line. By running it beside a stack.
use strict;
use warnings;
use JSON::PP;
use Stack;
use Test::More;
use Time::HiRes qw(sleep time);

my $s    = Stack->up(pay => 1, hook => 1, api => 1);
my $shop = $s->shop(organizer => { payout_policy => { reserve_bps => 1000 } });
my $org  = $shop->{organizer};
sub bx { return $s->boxoffice('ledger', @_) }
# One claim: this exit status, nothing on stdout, one line like this.
sub refused {
    my ($got, $status, $says, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($got->{status} == $status && !$got->{signal} && $got->{out} eq '' && $got->{err} =~ /\Aboxoffice[^\n]*$says[^\n]*\n\z/, $name)
        or diag("$got->{status} out[$got->{out}] err[$got->{err}]");
}

# --- wrong questions -------------------------------------------------------------

my @wrong = (
    [ '--organizer is an id that begins with org_', qw(balance --organizer x) ], [ '--as-of is a time like', qw(balance --as-of yesterday) ],
    [ '--clock is recorded or occurred', qw(balance --clock wall) ], [ 'prints --csv or --json, not both', qw(balance --csv --json) ],
    [ 'there is no option --by', qw(balance --by x) ], [ '"x" is a word too many', qw(balance x) ], [ '--as-of needs a value', qw(balance --as-of) ],
    [ '--json=1: this option takes no value', qw(balance --json=1) ],
    [ '--order is an id that begins with ord_', qw(entries --order x) ], [ '--to is a time like', qw(entries --to 2026-11-24) ],
    [ 'there is no account "money"; there are gateway_clearing, ', qw(entries --account money) ], [ 'there is no option --csv', qw(entries --csv) ],
    [ 'there is no option --fast', qw(verify --fast) ], [ '"x" is a word too many', qw(verify x) ], [ 'give DAY', 'close' ],
    [ 'takes a DAY like 2026-11-24', qw(close today) ], [ 'takes a DAY like', qw(close 2026-11-31) ], [ 'takes a DAY like', qw(close 2026-1-1) ],
    [ '--by is who signs', qw(close 2026-11-24 --by), '' ], [ '--by is who signs', qw(close 2026-11-24 --by), 'x' x 201 ],
);
for my $case (@wrong) {
    my ($says, @words) = @$case;
    refused(bx(@words), 2, quotemeta $says, "@words");
}
my $nobody = $org =~ s/.{3}$/000/r;
refused(bx('balance', '--organizer', $nobody), 3, 'not_found: there is no such organizer', 'an organizer that there is not');

# --- balances and entries --------------------------------------------------------------

my $empty = bx('balance');
is("$empty->{status} $empty->{err}", '0 ', 'empty books are told');
my $order = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my $is = bx('balance', '--organizer', $org);
is("$is->{status} $is->{signal}", '0 0', 'a balance is told') or diag($is->{err});
like($is->{out}, qr/^as of \S+Z, by when it was recorded$/m, '... as of when');
like($is->{out}, qr/^USD +90\.00 +0\.00 +10\.00 +0\.00 +0\.00$/m, '... what is owed');
like($is->{out}, qr/^organizer_pending +liability +USD +-90\.00$/m, '... and where it stands');
unlike($is->{out}, qr/^bank /m, '... without what stands at nothing');
is(bx('balance')->{out} =~ s/as of \S+//r, $is->{out} =~ s/as of \S+//r, 'all together is the same, where there is one');
my $json = decode_json(bx(qw(balance --json), '--organizer', $org)->{out});
my $api  = $s->must(GET => "/v1/balance?organizer=$org", undef, key => 'admin');
delete $_->{as_of} for $json, $api;
is_deeply($json, $api, 'as JSON it is the API\'s');
my $get = sub { $s->call(GET => "/v1/$_[0]", undef, key => 'admin', Accept => 'text/csv')->{body} };
is(bx(qw(balance --csv --organizer), $org, '--as-of', $order->{created_at})->{out}, $get->("balance?organizer=$org&as_of=$order->{created_at}"),
    'as CSV likewise, as of a time');
$s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa') for 1 .. 2;
is(bx('entries')->{out}, $get->('ledger/entries'), 'entries are the API\'s');
for my $case ([ "order=$order->{id}", '--order', $order->{id} ], [ "account=bank", qw(--account bank) ], [ "organizer=$org", '--organizer', $org ],
    [ "occurred_to=$order->{created_at}", '--to', $order->{created_at}, qw(--clock occurred) ],
    [ "recorded_from=$order->{created_at}", '--from', $order->{created_at} ]) {
    my ($query, @words) = @$case;
    is(bx('entries', @words)->{out}, $get->("ledger/entries?$query"), "... with @words");
}

# --- what agrees and what does not -----------------------------------------------------------

my $verify = bx('verify');
is($verify->{status}, 0, 'the ledger holds') or diag($verify->{out});
like($verify->{out}, qr/^ok +checkpoints_agree .* +\d+ ms$/m, '... balances derived anew are those that are read');
$s->dbh->do(q{insert into ledger.checkpoints select org, 'USD', '{bank,refunds}', '{5,-5}', now() from app.organizers});
$verify = bx('verify');
is($verify->{status}, 1, 'a checkpoint that is wrong');
is(join(' ', $verify->{out} =~ /^BROKEN +(\w+)/mg), 'checkpoints_agree', '... is found, and only that');
like($verify->{out}, qr/: bank in USD: is read as 5, the entries sum to 0$/m, '... with both figures');
$s->dbh->do('delete from ledger.checkpoints');
is(bx('verify')->{status}, 0, 'without it all is well');

# --- days -------------------------------------------------------------------------------------

my $day = sub { $s->dbh->selectrow_array(q{select ((ops.now() at time zone 'UTC')::date + $1::int)::text}, undef, $_[0]) };
my $today = $day->(0);
refused(bx('close', $today), 1, "state_conflict: $today is not over", 'a day that goes on');
$s->advance_clock(86400);
my @close = ('close', $today, '--by', 'Grace Ledger');
# One that began before is open for a while.
my $other = $s->dbh->clone;
$other->begin_work;
$other->do(q{select ledger.entry_post(org, gen_random_uuid(), 'sale', gen_random_uuid(), null, null, 'USD', '{bank,refunds}', '{-5,5}', now(), null)
    from app.organizers});
$other->do(q{update ledger.entries set recorded_at = recorded_at - interval '1 day' where accounts[1] = 'bank'});
my $pid = fork // die "fork: $!";
if (!$pid) { sleep 2.5; $other->commit; require POSIX; POSIX::_exit(0) }
$other->{InactiveDestroy} = 1;
my $began = time;
my $closed = bx(@close);
is("$closed->{status} $closed->{out}", "0 $today closed: 4 entries, signed by Grace Ledger\n", 'a day is closed') or diag($closed->{err});
cmp_ok(time - $began, '>', 2, '... when the transaction has ended that was still open');
like($closed->{err}, qr/\A(?:boxoffice: waits for a transaction that began before the day's end: process \d+ \(boxoffice_owner\)\n)+\z/, '... which was named meanwhile');
waitpid $pid, 0;
my $again = bx(@close);
is("$again->{status} $again->{out}", "0 $today was closed before: nothing is changed\n", 'once more changes nothing');
is(join(' ', $s->dbh->selectrow_array(q{select day, entries, closed_by, (select count(*) from ledger.closed_days) from ledger.closed_days})), "$today 4 Grace Ledger 1",
    '... it is signed once');
refused(bx('close', $day->(2)), 1, 'is not over', 'a day to come');
$s->advance_clock(3 * 86400);
my $late = $day->(-1);
refused(bx('close', $late), 1, "the last closed day is $today: close the one after it first", 'a day that leaves one out');
is(bx('close', $day->(-3))->{out}, $day->(-3) . " closed: 0 entries, signed by operator\n", 'the next is closed, though nothing happened in it');
is(bx(qw(balance --json --as-of), $order->{created_at})->{out} =~ /"final":true/, 1, 'what is as of a closed day is final');
like(bx(qw(balance --as-of), $order->{created_at})->{out}, qr/, final$/m, '... and says so');
my $broken = sub { return join ' ', bx('verify')->{out} =~ /^BROKEN +(\w+)/mg };
is($broken->(), 'entry_has_object', 'all holds, but for the entry of that sale, which was none');
$s->dbh->do(q{update ledger.entries set recorded_at = recorded_at + interval '2 days' where accounts[1] = 'bank'});
is($broken->(), 'closed_days_stand entry_has_object', 'an entry taken out of a closed day is found');
done_testing;
