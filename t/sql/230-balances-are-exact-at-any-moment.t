# Proves that a balance read as checkpoint and tail is what the entries sum to,
# whatever is under way: open transactions, folds (two at once too), entries of
# another node. By named steps in three sessions, then by 16 writers of which
# some are slow and some give up, two that fold, and two that compare.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);
use Sessions;

use constant LOAD_S => 5;

my $s = Sessions->new(qw(a b one two));
my $post = q{select ledger.entry_post(501, gen_random_uuid(), 'sale', gen_random_uuid(), null, null, '%s', '{bank,refunds}', array[%d, -%2$d], now(), null)};
sub post { my ($amount, $currency) = @_; return sprintf $post, $currency // 'USD', $amount }

# bank in USD as it is read, the length of the tail, and how many accounts are read otherwise than they sum to.
my $read = q{select coalesce(max(amount) filter (where account = 'bank' and currency = 'USD'), 0), coalesce(max(tail), 0),
    (select count(*) from ops.broken_checkpoints_agree(100)) from ledger.balances(501, null)};
my $fold = 'select ledger.fold(501, 1000000)';

is($s->row($read), '0 0 0', 'nothing is there');
is($s->row($fold), '0', '... and nothing to fold');

# --- a transaction that is open while later ones end ---------------------------

$s->do(a => post(1));
$s->do(b => post(10));
$s->commit('b');
is($s->row($read), '10 1 0', 'what is committed is read, what is not is not');
is($s->row($fold), '0', 'nothing is folded beyond a transaction that is open');
$s->commit('a');
is($s->row($read), '11 2 0', 'the one that was open comes in, though its id is the older one');
is($s->row($fold), '2', 'both are folded');
is($s->row($read), '11 0 0', '... and read from the checkpoint');
$s->do(a => post(100));
$s->do(b => post(1000));
is($s->row($fold), '0', 'two are open');
$s->rollback('a');
$s->commit('b');
is($s->row($read), '1011 1 0', 'one gave up: it never comes');
is($s->row($fold), '1', '... and holds up nothing');
$s->do(a => post(7, 'EUR'));
$s->commit('a');
is($s->row($fold) . ' | ' . $s->row($read), '1 | 1011 0 0', 'a second currency stands beside the first');
is($s->row(q{select amount from ledger.balances(501, 'EUR') where account = 'bank'}), '7', '... with its own balance');
is($s->row(q{select count(*) from ledger.balances(502, null)}), '0', 'another organizer has none of it');

# A reader's snapshot is older than the fold.
$s->do(two => 'set transaction isolation level repeatable read');
is($s->do(two => $read), '1011 0 0', 'a reader takes its snapshot');
$s->row(post(5)) for 1 .. 3;
is($s->row($fold), '3', '... three entries are made and folded');
is($s->do(two => $read), '1011 0 0', '... it reads what was there before');
$s->rollback('two');
is($s->do(two => $read), '1026 0 0', '... and afterwards what is');
$s->rollback('two');

# --- folds, side by side and by pieces ---------------------------------------

$s->row(post(1)) for 1 .. 5;
is($s->do(one => $fold), '5', 'one folds and has not committed');
$s->send(two => $fold);
ok($s->waits('two'), '... another waits for it');
is($s->do(a => post(1)), '', '... a sale does not');
$s->commit('a');
is($s->row($read), '1032 6 0', '... nor a reader, who sees neither fold nor wrong figures');
$s->commit('one');
is($s->answer('two'), '1', '... which then folds what came in the meantime');
$s->commit('two');
is($s->row($read), '1032 0 0', '... and nothing twice');

$s->do(one => $fold);
$s->row(post(1)) for 1 .. 10;
$s->rollback('one');
is(join(' ', map { $s->row('select ledger.fold(501, 4)') } 1 .. 4), '4 4 2 0', 'by pieces');
$s->do(a => post(1)) for 1 .. 10;
$s->commit('a');
is(join(' ', map { $s->row('select ledger.fold(501, 4)') } 1 .. 2), '10 0', '... of whole transactions');
is($s->row($read), '1052 0 0', '... right to the last');
is($s->row('select count(*) from ledger.folds_due(0, 10)'), '0', 'no tail is left');
$s->row(post(1));
is($s->row('select org from ledger.folds_due(0, 10)') . ' ' . $s->row('select count(*) from ledger.folds_due(1, 10)'), '501 0', 'one of one entry is longer than none, not than one');
$s->row('select ledger.fold_ask(501)') for 1 .. 3;
is($s->row(q{select count(*), min(org) from ops.jobs where kind = 'ledger_fold'}), '1 501', 'a fold is asked for once');

# --- entries of another node ---------------------------------------------------

# As after a dump that was restored elsewhere: half is folded, all ids are another counter's, and far ahead of ours.
$s->row(post(1)) for 1 .. 4;
my ($bank) = split / /, $s->row($read);
my $elsewhere = sub {
    my ($by) = @_;
    my $ids = "(xid::text::bigint + $by)::text::xid8";
    $s->admin->do("update ledger.$_ set node = node + 1, xid = $ids where org = 501") for qw(entries horizons);
};
$elsewhere->(1_000_000_000);
is($s->row($read), "$bank 5 0", 'restored elsewhere, the balance is what it was');
$s->row(post(1));
is($s->row($read), $bank + 1 . ' 6 0', '... with what is written here, under lower ids');
is($s->row($fold), '6', '... a fold takes in both');
is($s->row($read), $bank + 1 . ' 0 0', '... and is right');
$elsewhere->(-100);
$s->row(post(1)) for 1 .. 3;
is($s->row($read), $bank + 4 . ' 3 0', 'and once more, from behind');
is($s->row($fold) . ' | ' . $s->row($read), '3 | ' . ($bank + 4) . ' 0 0', '... folded');
is($s->row('select count(*) from ledger.horizons where org = 501'), '3', 'each of three nodes has its horizon');
$s->admin->do('delete from ledger.horizons; delete from ledger.checkpoints');
is((split / /, $s->row($read))[0], $bank + 4, 'without any checkpoint the balance is the same');
$s->row($fold);
is($s->row($read), $bank + 4 . ' 0 0', '... which is made anew');

# --- loose ------------------------------------------------------------------------

my ($before) = split / /, $s->row($read);
my @got = $s->loose(20, 'boxoffice_owner', sub {
    my ($dbh, $i) = @_;
    my ($end, $n, $bank, $most) = (time + LOAD_S, 0, 0, 0);
    while (time < $end) {
        if ($i >= 18) {    # compares
            $n++;
            my ($wrong, $tail) = $dbh->selectrow_array('select (select count(*) from ops.broken_checkpoints_agree(10)), (select max(tail) from ledger.balances(501, null))');
            $bank += $wrong;
            $most = $tail if ($tail // 0) > $most;
            next;
        }
        if ($i >= 16) {    # folds
            my ($took) = $dbh->selectrow_array('select ledger.fold(501, 40)');
            $n += $took;
            sleep 0.002 if !$took;
            next;
        }
        $dbh->begin_work;
        my ($amount, $times) = (1 + int rand 1000, 1 + int rand 3);
        $dbh->do(post($amount)) for 1 .. $times;
        sleep rand 0.3 if $i < 3;       # long open
        if (rand() < 0.1) { $dbh->rollback; next }
        $dbh->commit;
        $n    += $times;
        $bank += $amount * $times;
    }
    return { n => $n, bank => $bank, most => $most };
});
is(join(' ', map { $_->{died} // () } @got), '', 'writers, folders and readers ran');
my ($posted, $summed) = map { my $k = $_; sum0(map { $_->{$k} } @got[ 0 .. 15 ]) } qw(n bank);
my ($folded, $compared, $wrong, $tail) = (sum0(map { $_->{n} } @got[ 16, 17 ]), sum0(map { $_->{n} } @got[ 18, 19 ]), sum0(map { $_->{bank} } @got[ 18, 19 ]), $got[18]{most});
cmp_ok($posted, '>', 500, "16 writers: $posted entries");
cmp_ok($folded, '>', 0.3 * $posted, "... of which $folded were folded meanwhile");
cmp_ok($compared, '>', 20, "$compared times it was compared, over a tail of up to $tail");
is($wrong, 0, '... and never wrong');
$s->row($fold);
is($s->row($read), $before + $summed . ' 0 0', 'at the end it is what the writers wrote');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'without a deadlock');
done_testing;
