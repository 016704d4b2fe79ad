# Proves that a change of a promo code binds every order that commits after it:
# who is taking a slot is waited for and counted, who comes meanwhile waits and
# sees the change; and in which order locks are taken. By named steps in two
# sessions; the storm is in 550.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s = Sessions->new(qw(one two));
my $made = 0;
my $promo = sub { my ($code, $set) = @_; $s->admin->do('select pg_temp.promo(?, ?)', undef, $code, $set // '{}') };
# A change as promo_update makes it: the row, then the buckets; not committed.
my $change = sub {
    my ($who, $code, $set) = @_;
    $s->do($who => "update app.promo_codes set $set where org = 501 and id = pg_temp.id('$code')");
    return "select app.promo_buckets_set(501, id, max_redemptions, budget_amount) from app.promo_codes where org = 501 and id = pg_temp.id('$code')";
};
# A held order with codes, whose SQLSTATE or status is told.
my $buy = sub {
    my ($codes, $guest) = @_;
    my $n     = $made++;
    my $takes = 1 + ($codes =~ tr/,//);
    $guest //= "guest $n";
    return ("order $n", qq{select pg_temp.status('order $n') from pg_temp.discounted('order $n', 'held', '{$codes}', array_fill(100::bigint, array[$takes]), '$guest')});
};
my $cancel = sub { "select app.order_cancel(501, pg_temp.id('$_[0]'), 't', 'r')" };
my ($order, $sql);
my $left  = sub { $s->row('select sum(uses), sum(budget) from app.promo_buckets where promo_id = pg_temp.id(?)', undef, $_[0]) };
my $count = sub { $s->row(q{select count(*) from ops.broken_promo_counted(10)}) };

# Codes with one bucket, with several, and without any limit.
for my $kind ([ ONE => '{"max_redemptions": 10}' ], [ MANY => '{"max_redemptions": 1000}' ], [ ANY => '{}' ]) {
    my ($code, $set) = @$kind;
    $promo->($code, $set);
    $s->do(one => $change->(one => $code, 'active = false'));
    $s->send(two => ($buy->($code))[1]);
    ok($s->waits('two'), "$code: who orders while it is deactivated waits");
    $s->commit('one');
    is($s->answer('two'), 'BX023', 'and is refused');
    $s->rollback('two');

    $s->do(one => $change->(one => $code, 'active = true'));
    ($order, $sql) = $buy->($code);
    $s->send(two => $sql);
    ok($s->waits('two'), 'also while it is activated');
    $s->commit('one');
    is($s->answer('two'), 'held', 'and then has it');

    $s->send(one => $change->(one => $code, 'active = false'));
    ok($s->waits('one'), 'a deactivation waits for whom it found taking a slot');
    $s->commit('two');
    is($s->answer('one'), '', 'who has it');
    $s->rollback('one');
}

# Limits count who has taken, and who has not let go.
$s->send(one => $change->(one => 'ANY', 'max_redemptions = 20'));
is($s->answer('one'), '', 'a limit is set where there was none');
$s->send(two => $cancel->($order));
ok($s->waits('two'), 'who lets go of a slot waits for it');
$s->commit('one');
is($left->('ANY'), '19 null', 'the slot was counted');
is($s->answer('two'), '', 'then lets it go');
$s->commit('two');
is($left->('ANY'), '20 null', 'and the use is there again');

$promo->(LIMIT => '{"max_redemptions": 100, "max_per_guest": 5}');
$s->do(two => ($buy->('LIMIT', 'ada'))[1]);
$s->send(one => $change->(one => 'LIMIT', 'max_redemptions = 1'));
ok($s->waits('one'), 'a lower limit waits for an order that is being made');
$s->commit('two');
is($s->answer('one'), '', 'and counts it');
$s->commit('one');
is($left->('LIMIT'), '0 null', 'nothing is left');
$s->do(one => $change->(one => 'LIMIT', 'max_redemptions = 100, max_per_guest = 1'));
$s->send(two => ($buy->('LIMIT', 'ada'))[1]);
ok($s->waits('two'), 'who orders while a limit by guest is set waits');
$s->commit('one');
is($s->answer('two'), 'BX026', 'and is told of it');
$s->rollback('two');
$s->do(two => ($buy->('LIMIT', 'bob'))[1]);
$s->send(one => $change->(one => 'LIMIT', 'max_redemptions = 1'));
ok($s->waits('one'), 'a limit below what is used');
$s->commit('two');
is($s->answer('one'), 'BX022', 'is refused by the order that came first');
$s->rollback('one');
is($left->('LIMIT'), '98 null', 'and changes nothing');

# The last use, and a guest's only one.
$promo->(LAST => '{"max_redemptions": 1}');
for my $end (qw(rollback commit)) {
    $s->do(one => ($buy->('LAST'))[1]);
    $s->send(two => ($buy->('LAST'))[1]);
    ok($s->waits('two'), "who comes after the last use waits ($end)");
    $s->$end('one');
    is($s->answer('two'), $end eq 'commit' ? 'BX024' : 'held', 'and has it only when the other has not');
    $s->rollback('two');
}
$promo->(ONCE => '{"max_per_guest": 1}');
for my $end (qw(rollback commit)) {
    $s->do(one => ($buy->('ONCE', 'ada'))[1]);
    $s->send(two => ($buy->('ONCE', 'ada'))[1]);
    ok($s->waits('two'), "the same guest waits ($end)");
    is(($s->do(one => ($buy->('ONCE', 'bob'))[1])), 'held', 'another guest does not');
    $s->$end('one');
    is($s->answer('two'), $end eq 'commit' ? 'BX026' : 'held', 'and has a use only when the other order has not');
    $s->rollback('two');
}

# Two codes, of one bucket each: the lower id first, whoever applies first.
$promo->($_ => '{"max_redemptions": 10}') for qw(LEFT RIGHT);
my ($low, $high) = sort { $s->row('select pg_temp.id(?)', undef, $a) cmp $s->row('select pg_temp.id(?)', undef, $b) } qw(LEFT RIGHT);
my $free = sub { $s->row(q{select count(*) from (select 1 from app.promo_buckets where promo_id = pg_temp.id(?) for update skip locked) b}, undef, $_[0]) };
$s->do(one => ($buy->($low))[1]);
($order, $sql) = $buy->("$high,$low");
$s->send(two => $sql);
ok($s->waits('two'), 'who wants two codes waits for the lower one');
is($free->($high), '1', 'without holding the higher');
$s->commit('one');
is($s->answer('two'), 'held', 'and has both');
$s->commit('two');
$s->do(one => ($buy->($low))[1]);
$s->send(two => $cancel->($order));
ok($s->waits('two'), 'who gives both back waits likewise');
is($free->($high), '1', 'in the same order');
$s->commit('one');
is($s->answer('two'), '', 'and gives them back');
$s->commit('two');
is($left->($low) . ', ' . $left->($high), '8 null, 10 null', 'one use of each');
is($count->(), '0', 'every slot is counted');
done_testing;
