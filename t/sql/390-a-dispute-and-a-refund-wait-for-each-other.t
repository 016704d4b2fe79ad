# Proves that of a dispute and a refund of one order the second is decided on what the first has left, that two who book one dispute do it once, that its end is
# booked once, and what refuses a program that forgets to wait. By named steps in two sessions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s = Sessions->new(qw(one two));
my $paid   = sub { $s->admin->selectrow_array($_) for "select pg_temp.sending('$_[0]')", "select pg_temp.settle('payment $_[0]', 'succeeded')" };
my $facts  = sub { "select refunded, disputed, own_pending, own_reserve, contested from app.refund_facts(501, pg_temp.id('order $_[0]'))" };
my $looks  = sub { "select coalesce(status, 'none') || case when moved then ', moved' else '' end from app.dispute_facts(501, pg_temp.id('payment $_[0]'), 'nmi', 'dispute $_[0]')" };
my $refund = sub { my ($order, $refund, $ticket) = @_; "select pg_temp.refund('order $order', '$refund', 'payment $order ticket $ticket')" };
my $opens  = sub { "select pg_temp.dispute('payment $_[0]', 'dispute $_[0]')" };
my $ends   = sub { my ($name, $effect, $status, $amounts) = @_; "select app.dispute_ended(501, pg_temp.id('dispute $name'), '$effect', '$status',
    pg_temp.id('$effect of $name'), '{gateway_clearing,dispute_receivable,organizer_pending,organizer_reserve,organizer_dispute_hold}', '$amounts', 't', 'r')" };
my $won    = '{11400,-11400,-9000,-1000,10000}';

# A refund that asks while a dispute is booked sees what that has left.
$paid->('a');
is($s->do(one => $looks->('a')), 'none', 'one looks at a charge of which nothing is disputed');
$s->send(two => $facts->('a'));
ok($s->waits('two'), 'a refund of it waits');
is($s->do(one => $opens->('a')), '', 'the dispute takes all of it');
$s->commit('one');
is($s->answer('two'), '0 11400 0 0 10800', 'the refund sees that nothing is left, and what is contested');
is($s->do(two => $refund->('a', 'refund of a', 1)), 'BX027', '... and should its program not look, the cap refuses it');
$s->rollback('two');

# And the other way round.
$paid->('b');
is($s->do(one => $facts->('b')), '0 0 9000 1000 0', 'one looks at an order');
$s->send(two => $looks->('b'));
ok($s->waits('two'), 'a dispute of its charge waits');
is($s->do(one => $refund->('b', 'refund of b', 1)), '', 'the refund takes a ticket');
$s->commit('one');
is($s->answer('two'), 'none', 'the dispute goes on');
is($s->do(two => $opens->('b')), 'P0001', '... and gets no ticket twice, should its program not look at what is left');
$s->rollback('two');

# One dispute, told twice at once.
$paid->('c');
is($s->do(one => $looks->('c')), 'none', 'one is told of a dispute');
$s->send(two => $looks->('c'));
ok($s->waits('two'), 'another, who is told the same, waits');
is($s->do(one => $opens->('c')), '', 'the first books it');
$s->commit('one');
is($s->answer('two'), 'needs_response, moved', 'the second finds it booked');
is($s->do(two => $opens->('c')), 'P0001', '... and can\'t open it again');
$s->rollback('two');

# Its end.
is($s->do(one => $looks->('c')), 'needs_response, moved', 'one is told that it is won');
$s->send(two => $looks->('c'));
ok($s->waits('two'), 'another, who is told that it is lost, waits');
is($s->do(one => $ends->('c', 'dispute_won', 'won', $won)), '', 'the first books that');
$s->commit('one');
is($s->answer('two'), 'won, moved', 'the second sees its end');
is($s->do(two => $ends->('c', 'dispute_lost', 'lost', $won)), 'P0001', '... and no other follows');
$s->rollback('two');
is($s->do(two => $ends->('c', 'dispute_won', 'won', $won)), 'P0001', '... nor the same again');
$s->rollback('two');
is($s->row(q{select disputed, version from app.orders where id = pg_temp.id('order c')}), '0 4', 'the order has all of it again');
is($s->row(q{select bool_or(live), count(*) from app.ticket_returns where object_id = pg_temp.id('dispute c')}), '0 2', '... and so have its tickets');
is($s->row(q{select count(*) from ops.audit where object_id = pg_temp.id('order c') and action = 'order.disputed'}), '2', '... as the audit log tells');

# A dispute that opens with an entry that says something else.
$paid->('d');
$s->do(one => q{select app.dispute_seen(501, pg_temp.id('dispute d'), pg_temp.id('payment d'), 'nmi', 'dispute d', 'warning', 11400, 'USD', 'x', null, 't', 'r')});
is($s->do(one => q{select app.dispute_opened(501, pg_temp.id('dispute d'), 'needs_response', '{11400,0,0,10000,0,10000,600,800,10000,0}', '{9000,1000,0}', '{}', '{}',
    pg_temp.id('e'), '{gateway_clearing,dispute_receivable}', '{-11399,11399}', 't', 'r')}), 'P0001', 'an entry of another amount is refused');
$s->rollback('one');
is($s->do(one => $ends->('a', 'dispute_reversed', 'under_review', $won)), 'P0001', 'what was not lost can\'t be reversed');
$s->rollback('one');
done_testing;
