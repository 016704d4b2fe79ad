# Proves that a day is closed only after every transaction that could record in
# it has ended, that nothing is recorded in it afterwards, even with the clock
# set back, and that balances as of a time are exact by both clocks, with closed
# days under them and without. By named steps in four sessions on a moved clock.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s = Sessions->new(qw(a b one two));
sub post {
    my ($amount, $occurred) = @_;
    return sprintf q{select ledger.entry_post(501, gen_random_uuid(), 'sale', gen_random_uuid(), null, null, 'USD', '{bank,refunds}', array[%d, -%1$d], %s, null)},
        $amount, $occurred // 'ops.now()';
}
my $today   = $s->row(q{select (ops.now() at time zone 'UTC')::date});
my $day     = sub { my ($n) = @_; return $s->row("select date '$today' + $n") };
my $advance = sub { $s->row('select ops.clock_advance(?)', undef, $_[0]) };
my $ask     = sub { return $s->row("select verdict, last from ledger.close_ask('$_[0]')") };
my $close   = sub { my ($day) = @_; return $s->row("select sum(ledger.close_org(o, '$day', 'Ada')) from ledger.close_orgs('$day') o") || 0 };
my $sign    = sub { my ($day) = @_; return "select ledger.close_day('$day', 'Ada', 1)" };
my $broken  = sub { return $s->row('select (select count(*) from ops.broken_closed_days_stand(10)) + (select count(*) from ops.broken_checkpoints_agree(10))') };

# So that all of the first day is in one piece of it.
$advance->($s->row(q{select 86400 - extract(epoch from ops.now() at time zone 'UTC')::bigint % 86400 + 3600}));
my ($d0, $d1, $d2, $d3) = map { $day->($_) } 1 .. 4;

# --- when a day may be closed ---------------------------------------------------

is($ask->($d0), 'early null', 'a day is not over');
is($ask->($d1), 'early null', 'nor is the next');
$s->row(post(1));
my $t1 = $s->row('select ops.now()');
$s->do(a => post(10));
is($s->do(b => 'set transaction isolation level repeatable read'), '', 'one session posts and stays open, another has only a snapshot');
is($s->do(b => 'select ops.now(), pg_current_xact_id_if_assigned()') =~ /null$/, 1, '... and no transaction id');
$advance->(86400);
is($ask->($d0), 'next null', 'the day is over');
is($ask->($d1), 'early null', '... the next is not');
my ($barrier, $pending, $n) = $s->admin->selectrow_array("select barrier, pending::text, cardinality(pending) from ledger.close_ask('$d0')");
is($n, 2, 'both are waited for');
my $who = sub { return $s->row('select ledger.close_pending(?, ?)', undef, $barrier, $pending) };
my %pid = map { $_ => $s->{db}{$_}{pg_pid} } qw(a b);
like($who->(), qr/\Aprocess \d+ \(boxoffice_owner\), process \d+ \(boxoffice_owner\)\z/, '... and named');
is($s->do(one => post(1000)), '', 'a third, which began later, is not waited for');
$s->commit('a');
is($who->(), "process $pid{b} (boxoffice_owner)", 'the one that has posted nothing yet is');
is($s->do(b => post(100)), '', '... it posts, with an id that is beyond the barrier');
is($s->do(b => qq{select max(recorded_at) < date '$d1', bool_or(xid >= '$barrier' and recorded_at < date '$d1') from ledger.entries}), '1 1', '... into the day');
$s->commit('b');
is($who->(), '', 'nobody is waited for');
$s->do(a => post(1_000_000));
is($who->(), '', '... nor whoever comes later');
$s->rollback('a');

# --- closing ------------------------------------------------------------------------

is($close->($d0), '3', 'three entries are closed');
is($s->row('select day, currency, accounts::text, amounts::text, entries, closed_by from ledger.closes where org = 501') , "$d0 USD {bank,refunds} {111,-111} 3 Ada", '... to the cent');
$s->do(a => $sign->($d0));
$s->send(two => $sign->($d0));
ok($s->waits('two'), 'two sign the same day');
$s->commit('a');
is($s->answer('two'), 'BX022', '... one of them does');
$s->rollback('two');
is($s->row(q{select actor, body from ops.audit where action = 'ledger.closed'}), qq(Ada {"day": "$d0", "entries": 1}), '... and the audit log knows who');
is($ask->($d0), "closed $d0", 'it is closed');
is($ask->($d1), "early $d0", 'the next is still going on');
is($s->do(a => $sign->($d1)), 'BX022', '... and is not signed before its end');
$s->rollback('a');
$s->commit('one');
is($broken->(), '0', 'what is open does not touch it');

# --- afterwards --------------------------------------------------------------------------

$s->admin->do(q{update ops.test_clock set "offset" = "offset" - interval '1 day'});
is($s->row(q{select (ops.now() at time zone 'UTC')::date}), $d0, 'the clock is set back by a day');
$s->row(post(10_000));
is($s->row('select recorded_at from ledger.entries where amounts[1] = 10000'), "$d1 00:00:00+00", '... what is recorded is recorded in the first open day');
is($broken->(), '0', '... and the closed one stands');
$s->admin->do(q{update ops.test_clock set "offset" = "offset" + interval '1 day'});
$s->row(post(100_000, qq('$t1'::timestamptz)));
$advance->(2 * 86400);
my $now = $s->row('select ops.now()');
is($ask->($d2), "gap $d0", 'no day is left out');
is($close->($d1), '3', 'the day of the late ones is closed');
is($s->do(a => $sign->($d1)), '', '... and signed');
$s->commit('a');
is($close->($d2), '0', 'a day without entries');
is($s->do(a => $sign->($d2)), '', '... is signed as well');
$s->commit('a');
is($s->row('select count(*), max(day) from ledger.closes'), "2 $d1", '... and has no figures of its own');
$s->row(post(1_000_000));
is($broken->(), '0', 'all stand');

# --- as of ------------------------------------------------------------------------------------

my $at = sub {
    my ($time, $occurred) = @_;
    return $s->row(q{select coalesce((select amount from ledger.balances_at(501, 'USD', $1, $2) where account = 'bank'), 0)
        || ' ' || (select final from ledger.balance_head(501, $1, $2))}, undef, $time, $occurred ? 1 : 0);
};
my @times = (
    [ "$d0 00:00:00Z", '0 true', '0 false', 'before anything' ], [ $t1, '1 true', '100001 false', 'at an entry, which is in it' ],
    [ "$d1 00:00:00Z", '10111 true', '110111 false', 'at the end of a closed day, with what was recorded at that instant' ],
    [ "$d0 23:59:59.999999Z", '111 true', '110111 false', 'just before it' ],
    [ "$d2 00:00:00Z", '111111 true', '111111 false', 'a day later' ], [ "$d3 00:00:00Z", '111111 true', '111111 false', 'at the end of the last closed day' ],
    [ "$d3 00:00:00.000001Z", '111111 false', '111111 false', 'beyond it nothing is final' ], [ '2900-01-01Z', '1111111 false', '1111111 false', 'as of some day' ],
);
for my $case (@times) {
    my ($time, $recorded, $occurred, $name) = @$case;
    is($at->($time), $recorded, "$name: by what was recorded");
    is($at->($time, 1), $occurred, '... by what had happened');
}
is($s->row('select final from ledger.balance_head(501, null, false)'), '0', 'now is never final');
my $figures = sub { return join ' ', map { ($at->($_->[0]) =~ /^(\d+)/)[0] } @times };
my $with = $figures->();
$s->admin->do('alter table ledger.closes rename to closes_away; create table ledger.closes (like ledger.closes_away)');
$s->admin->do('grant select on ledger.closes to boxoffice_definer');
is($figures->(), $with, 'without closed days under them balances are the same');
$s->admin->do('drop table ledger.closes; alter table ledger.closes_away rename to closes');
is($s->row(q{select amount from ledger.balances_all('USD', ?, false) where account = 'bank'}, undef, $t1), '1', 'all organizers as of a time');
is($s->row(q{select amount from ledger.balances_all(null, null, false) where account = 'bank'}), '1111111', '... and now');

# --- a trial balance that is not zero ------------------------------------------------------------

$advance->(86400);
$s->admin->begin_work;
$s->admin->do('alter table ledger.entries drop constraint entries_balance');
$s->admin->do(q{update ledger.entries set amounts = '{1000001,-1000000}' where amounts[1] = 1000000});
my $refused = eval { $close->($d3); 'closed' } // $s->admin->state . ' ' . $s->admin->errstr;
like($refused, qr/\ABX022 .*the accounts of organizer 501 in USD sum to 1 and not to zero/, 'books that do not balance are not closed');
$s->admin->rollback;
is($close->($d3), '1', 'those that do are');
done_testing;
