# Proves that of two who settle one payment at the same time, or begin two for
# one order, one waits for the other and then changes nothing. By named steps
# in two sessions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s = Sessions->new(qw(worker lookup));
my $books = sub {
    $s->row(q{select count(*), (select count(*) from app.tickets), (select count(*) from ops.outbox where type ~ '^(order|payment)')
        from ledger.entries});
};

# The worker and the look-up find the same success.
$s->admin->selectrow_array(q{select pg_temp.sending('both')});
is($s->do(worker => q{select pg_temp.settle('payment both', 'succeeded')}), '', 'the worker settles');
$s->send(lookup => q{select pg_temp.settle('payment both', 'succeeded')});
ok($s->waits('lookup'), 'the look-up waits');
$s->commit('worker');
is($s->answer('lookup'), 'BX022', 'and is told that it is settled');
$s->rollback('lookup');
is($books->(), '1 2 1', 'one entry, two tickets, one outbox row');

# They disagree: a decline comes too late, a success is a late approval.
$s->admin->selectrow_array(q{select pg_temp.sending('late')});
is($s->do(worker => q{select pg_temp.settle('payment late', 'succeeded')}), '', 'the worker settles as succeeded');
$s->send(lookup => q{select pg_temp.settle('payment late', 'declined')});
ok($s->waits('lookup'), 'the look-up, which has found a decline, waits');
$s->commit('worker');
is($s->answer('lookup'), 'BX022', 'and must think again');
$s->rollback('lookup');
is($books->() . $s->row(q{select pg_temp.status('order late')}), '2 4 2paid', 'nothing of its decline is written');

$s->admin->selectrow_array(q{select pg_temp.sending('differ')});
is($s->do(worker => q{select pg_temp.settle('payment differ', 'declined')}), '', 'the worker settles as declined');
$s->send(lookup => q{select pg_temp.settle('payment differ', 'succeeded')});
ok($s->waits('lookup'), 'the look-up, which has found a success, waits');
$s->commit('worker');
is($s->answer('lookup'), '', 'and settles it late');
$s->commit('lookup');
is($books->() . $s->row(q{select pg_temp.status('order differ')}), '3 6 4paid', 'once, after the decline');

# The first rolls back: the second's is the outcome.
$s->admin->selectrow_array(q{select pg_temp.sending('undone')});
is($s->do(worker => q{select pg_temp.settle('payment undone', 'declined')}), '', 'the worker settles as declined');
$s->send(lookup => q{select pg_temp.settle('payment undone', 'succeeded')});
ok($s->waits('lookup'), 'the look-up waits');
$s->rollback('worker');
is($s->answer('lookup'), '', 'the worker was killed: the look-up settles');
$s->commit('lookup');
is($books->(), '4 8 5', 'once');

# The order's lock comes first, everywhere.
$s->admin->selectrow_array(q{select pg_temp.sending('locked')});
$s->do(worker => q{select 1 from app.orders where id = pg_temp.id('order locked') for update});
$s->send(lookup => q{select pg_temp.settle('payment locked', 'declined')});
ok($s->waits('lookup'), 'who settles waits for whoever has the order,');
is($s->row(q{select count(*) from (select 1 from app.payments where id = pg_temp.id('payment locked') for update skip locked) p}), '1',
    'and has not locked the payment meanwhile');
$s->rollback('worker');
is($s->answer('lookup'), '', 'then settles');
$s->commit('lookup');

# Two attempts for one order.
$s->admin->selectrow_array(q{select pg_temp.open('order', 'held')});
is($s->do(worker => q{select * from app.order_pay(501, pg_temp.id('order'), 't', 'r')}), '11400 USD', 'one pays');
$s->send(lookup => q{select * from app.order_pay(501, pg_temp.id('order'), 't', 'r')});
ok($s->waits('lookup'), 'another who pays the same order waits');
is($s->do(worker => q{select pg_temp.begin('one', 'order')}), '', 'the first begins its payment');
$s->commit('worker');
is($s->answer('lookup'), 'BX020', 'the other is told that a payment is under way');
$s->rollback('lookup');
$s->admin->do(q{delete from app.payments where id = pg_temp.id('one')});
is($s->do(worker => q{select pg_temp.begin('one', 'order')}), '', 'and should a program forget to lock the order,');
$s->send(lookup => q{select pg_temp.begin('two', 'order')});
ok($s->waits('lookup'), 'the second attempt waits');
$s->commit('worker');
is($s->answer('lookup'), '23505', 'and the index refuses it');
$s->rollback('lookup');

# Of two who want one order, the first to lock it has it.
for my $case (
    [ 'cancel', 'pay',    q{select app.order_cancel(501, pg_temp.id('%s'), 't', 'r')}, q{select * from app.order_pay(501, pg_temp.id('%s'), 't', 'r')}, '', 'BX017' ],
    [ 'pay',    'cancel', q{select * from app.order_pay(501, pg_temp.id('%s'), 't', 'r')}, q{select app.order_cancel(501,
        pg_temp.id('%s'), 't', 'r')}, '11400 USD', 'BX020' ],
    [ 'pay',    'expire', q{select * from app.order_pay(501, pg_temp.id('%s'), 't', 'r')}, q{select app.order_expire(501, pg_temp.id('%s'))}, '11400 USD', '1' ],
    [ 'cancel', 'expire', q{select app.order_cancel(501, pg_temp.id('%s'), 't', 'r')}, q{select app.order_expire(501, pg_temp.id('%s'))}, '', '1' ],
) {
    my ($first, $second, $sql1, $sql2, $answer1, $answer2) = @$case;
    my $order = "$first $second";
    my $left  = $s->row(q{select pg_temp.remaining('floor')});
    $s->admin->selectrow_array(qq{select pg_temp.open('$order', 'held')});
    is($s->do(worker => sprintf $sql1, $order), $answer1, "$first first");
    $s->send(lookup => sprintf $sql2, $order);
    ok($s->waits('lookup'), "$second waits");
    $s->commit('worker');
    is($s->answer('lookup'), $answer2, "then $second finds it done: $answer2");
    $s->rollback('lookup');
    my $held = $first eq 'pay' ? 2 : 0;
    is($s->row(qq{select pg_temp.status('$order'), pg_temp.remaining('floor')}),
        ($held ? 'processing ' : 'cancelled ') . ($left - $held), "the order is as $first left it");
}

# The gateway's own word of it comes while the worker settles: it is not looked up for nothing.
$s->admin->selectrow_array(q{select pg_temp.sending('told')});
$s->do(worker => q{select pg_temp.settle('payment told', 'succeeded')});
$s->send(lookup => q{select verdict, state from app.payment_heard(501, pg_temp.id('payment told'), 'approved', 'gateway payment told', false, 'event')});
ok($s->waits('lookup'), 'who hears of it waits for the worker');
$s->commit('worker');
is($s->answer('lookup'), 'known succeeded', 'and finds that the books say the same');
$s->commit('lookup');
is($s->row(q{select count(*) from ops.jobs where kind = 'payment_lookup' and object_id = pg_temp.id('payment told')}), '0', 'nothing is looked up');
done_testing;
