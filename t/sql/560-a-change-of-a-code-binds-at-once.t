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
# A change, not committed.
my $change = sub { my ($code, $set) = @_; return "select '' from app.promo_update(501, pg_temp.id('$code'), null, '$set', true, 't', 'r')" };
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
    $s->do(one => $change->($code, '{"active": false}'));
    $s->send(two => ($buy->($code))[1]);
    ok($s->waits('two'), "$code: who orders while it is deactivated waits");
    $s->commit('one');
    is($s->answer('two'), '40001', 'and must look again');
    $s->rollback('two');
    is($s->do(two => ($buy->($code))[1]), 'BX023', 'to be refused');
    $s->rollback('two');

    $s->do(one => $change->($code, '{"active": true}'));
    $s->send(two => ($buy->($code))[1]);
    ok($s->waits('two'), 'also while it is activated');
    $s->commit('one');
    is($s->answer('two'), '40001', 'and must look again');
    $s->rollback('two');
    ($order, $sql) = $buy->($code);
    is($s->do(two => $sql), 'held', 'to have it');

    $s->send(one => $change->($code, '{"active": false}'));
    ok($s->waits('one'), 'a deactivation waits for whom it found taking a slot');
    $s->commit('two');
    is($s->answer('one'), '', 'who has it');
    $s->rollback('one');
}

# Whatever changes, an order is made on the terms that it was priced on, or not at all.
$promo->(TERMS => '{"max_redemptions": 1000}');
for my $set ('{"percent_bps": 100}', '{"ends_at": "2020-01-01T00:00:00Z"}', '{"platform_bps": 10000}', '{"min_tickets": 50}', '{"max_redemptions": 999}', '{"stacks": true}') {
    $s->do(one => $change->(TERMS => $set));
    $s->send(two => ($buy->('TERMS'))[1]);
    ok($s->waits('two'), "who orders while it becomes $set waits");
    $s->commit('one');
    is($s->answer('two'), '40001', 'and must look again');
    $s->rollback('two');
}
is($s->do(two => ($buy->('TERMS'))[1]), 'held', 'then it is taken on the new terms');
$s->rollback('two');

# A batch that is switched off binds as each of its codes.
$promo->($_ => '{"batch": "00000000-0000-0000-0000-0000000000ba", "max_redemptions": 1000}') for qw(CARD1 CARD2);
my $switch = q{select seen, switched from app.promos_switch(501, '00000000-0000-0000-0000-0000000000ba', null, 10, false, 't')};
$s->do(two => ($buy->('CARD2'))[1]);
$s->send(one => $switch);
ok($s->waits('one'), 'a batch that is switched off waits for whom it found taking a slot');
$s->commit('two');
is($s->answer('one'), '2 2', 'who has it');
$s->send(two => ($buy->('CARD1'))[1]);
ok($s->waits('two'), 'who comes then waits');
$s->commit('one');
is($s->answer('two'), '40001', 'and must look again');
$s->rollback('two');

# A code that gets limits for many gets buckets for many; who waits meanwhile does not see them, and is not told that it is used up.
$promo->(GROWS => '{"max_redemptions": 1}');
$s->do(two => ($buy->('GROWS'))[1]);
$s->commit('two');
$s->do(one => $change->(GROWS => '{"max_redemptions": 320}'));
$s->send(two => ($buy->('GROWS'))[1]);
ok($s->waits('two'), 'who orders while a limit grows waits');
$s->commit('one');
is($s->answer('two'), '40001', 'and must look again');
$s->rollback('two');
is($s->row('select count(*), sum(uses), min(uses) from app.promo_buckets where promo_id = pg_temp.id(?)', undef, 'GROWS'), '16 319 19', 'there is room for many');

# No change reads uses but one that sets a limit where there was none.
$promo->(READ => '{"max_redemptions": 100}');
my $reads = sub {
    my ($set) = @_;
    $s->do(one => $change->(READ => $set));
    my $n = $s->do(one => q{select sum(pg_stat_get_xact_numscans(r.oid)) from pg_class r where r.oid = 'app.promo_uses'::regclass
        or r.oid in (select indexrelid from pg_index where indrelid = 'app.promo_uses'::regclass)});
    $s->commit('one');
    return $n;
};
is($reads->($_), '0', "$_ reads none") for '{"active": false}', '{"active": true, "percent_bps": 5}', '{"max_redemptions": 90}', '{"max_redemptions": null}';
cmp_ok($reads->('{"budget_amount": 100}'), '>', 0, 'a first budget does');

# Limits count who has taken, and who has not let go.
$s->do(one => $change->(ANY => '{"active": true}'));
$s->commit('one');
($order) = $s->row(q{select count(*) from app.promo_uses where promo_id = pg_temp.id('ANY')});
is($order, '1', 'of a code without limit one slot is taken');
$order = (grep { $s->row('select count(*) from app.promo_uses u where u.promo_id = pg_temp.id(?) and u.order_id = pg_temp.id(?)', undef, 'ANY', $_) } map { "order $_" } 0 .. $made)[0];
$s->send(one => $change->(ANY => '{"max_redemptions": 20}'));
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
$s->send(one => $change->(LIMIT => '{"max_redemptions": 1}'));
ok($s->waits('one'), 'a lower limit waits for an order that is being made');
$s->commit('two');
is($s->answer('one'), '', 'and counts it');
$s->commit('one');
is($left->('LIMIT'), '0 null', 'nothing is left');
$s->do(one => $change->(LIMIT => '{"max_redemptions": 100, "max_per_guest": 1}'));
$s->send(two => ($buy->('LIMIT', 'ada'))[1]);
ok($s->waits('two'), 'who orders while a limit by guest is set waits');
$s->commit('one');
is($s->answer('two'), '40001', 'must look again');
$s->rollback('two');
is($s->do(two => ($buy->('LIMIT', 'ada'))[1]), 'BX026', 'and is told of it');
$s->rollback('two');
$s->do(two => ($buy->('LIMIT', 'bob'))[1]);
$s->send(one => $change->(LIMIT => '{"max_redemptions": 1}'));
ok($s->waits('one'), 'a limit below what is used');
$s->commit('two');
is($s->answer('one'), 'BX022', 'is refused by the order that came first');
$s->rollback('one');
is($left->('LIMIT'), '98 null', 'and changes nothing');

# A first limit by guest counts an order that is being made, and one that is being given up.
$promo->(FIRST => '{}');
$s->do(two => ($buy->('FIRST', 'ada'))[1]);
$s->send(one => $change->(FIRST => '{"max_per_guest": 1}'));
ok($s->waits('one'), 'a first limit by guest waits for an order that is being made');
$s->commit('two');
is($s->answer('one'), '', 'and counts it');
$s->commit('one');
is($s->do(two => ($buy->('FIRST', 'ada'))[1]), 'BX026', 'the guest has had it');
$s->rollback('two');

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
