# Proves that of two refunds of one order the second is decided on what the first has left, that an attempt of one is made by one, and that a refund fails once; and
# what refuses a program that forgets to wait. By named steps in two sessions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s = Sessions->new(qw(one two));
my $paid = sub { $s->admin->selectrow_array($_) for "select pg_temp.sending('$_[0]')", "select pg_temp.settle('payment $_[0]', 'succeeded')" };
my $facts  = sub { "select refunded, own_pending, live_refunds from app.refund_facts(501, pg_temp.id('order $_[0]'))" };
my $refund = sub { my ($order, $refund, $ticket) = @_; "select pg_temp.refund('order $order', '$refund', 'payment $order ticket $ticket')" };
my $try    = sub { my ($refund, $attempt) = @_; "select verdict from app.refund_try(501, pg_temp.id('$refund'), pg_temp.id('$attempt'), 'first $refund', '$attempt',
    60000, 't', 'r')" };
my $fail = sub { "select app.refund_fail(501, pg_temp.id('$_[0]'), pg_temp.id('$_[1]'),
    '{organizer_pending,refunds_in_transit,tax_payable,refunds,organizer_share}', '{-5000,5400,-400,-5000,5000}', 'paid', 't', 'r')" };

# Who asks later sees what the first one took.
$paid->('a');
is($s->do(one => $facts->('a')), '0 9000 0', 'one looks at an order');
$s->send(two => $facts->('a'));
ok($s->waits('two'), 'another who looks at it waits');
is($s->do(one => $refund->('a', 'first', 1)), '', 'the first refunds a ticket');
$s->commit('one');
is($s->answer('two'), '5400 4000 1', 'the second sees what is left, as it is now');
$s->rollback('two');
is($s->do(two => $facts->('a')), '5400 4000 1', 'A program that decided on what it saw before');
is($s->do(two => $refund->('a', 'again', 1)), 'P0001', '... gets no ticket twice');
$s->rollback('two');
is($s->do(two => $refund->('a', 'other', 2)), '', 'the other ticket is still to be had');
$s->commit('two');
is($s->do(two => $refund->('a', 'third', 2)), 'BX027', '... and then nothing that was captured is left');
$s->rollback('two');

# The organizer's balance is counted by one at a time.
$paid->('b');
is($s->do(one => q{select app.refund_available(501, 'USD')}), '0', 'one counts what the organizer has available');
$s->send(two => q{select app.refund_available(501, 'USD')});
ok($s->waits('two'), 'who needs it too waits, until the first is done');
is($s->do(one => "select pg_temp.sending('c')"), '', 'a sale does not');
$s->rollback('one');
is($s->answer('two'), '0', 'then counts');
$s->rollback('two');

# Two workers with one job.
$s->admin->selectrow_array($refund->('b', 'of b', 1));
is($s->do(one => $try->('of b', 'attempt 1')), 'begun', 'a worker begins an attempt');
$s->send(two => $try->('of b', 'attempt 2'));
ok($s->waits('two'), 'another waits');
$s->commit('one');
is($s->answer('two'), 'waits', 'and leaves it to the first');
$s->rollback('two');
is($s->row(q{select count(*), bool_and(id = refund_id), min(reference) from app.payments where refund_id = pg_temp.id('of b')}), '1 1 first of b',
    'there is one attempt, by the refund\'s own id and reference');
my $another = q{insert into app.payments (org, id, order_id, gateway, reference, amount, currency, state, armed_at, created_at, kind, capture_id, refund_id)
    select org, pg_temp.id('forced'), order_id, gateway, 'forced', amount, currency, 'sending', now(), now(), 'refund', capture_id, refund_id
    from app.payments where refund_id = pg_temp.id('of b')};
is($s->do(two => "with x as ($another returning 1) select count(*) from x"), '23505', 'should a program forget to wait, the index refuses a second');
$s->rollback('two');

# What the gateway refuses is failed once, and nothing else is.
is($s->do(one => $fail->('of b', 'entry 1')), '0', 'while the gateway may still make it, it is not failed');
$s->rollback('one');
is($s->admin->selectrow_array(q{select pg_temp.settle_refund('of b', 'declined')}), 'declined', 'the gateway refuses');
is($s->do(one => $fail->('of b', 'entry 1')), '1', 'one fails it');
$s->send(two => $fail->('of b', 'entry 2'));
ok($s->waits('two'), 'another waits');
$s->commit('one');
is($s->answer('two'), '0', 'and finds it failed');
$s->rollback('two');
is($s->row(q{select o.status, o.refunded, (select count(*) from app.tickets t where t.order_id = o.id and t.status = 'valid'),
    (select count(*) from ledger.entries e where e.effect = 'refund_failed') from app.orders o where o.id = pg_temp.id('order b')}), 'paid 0 2 1',
    'the order is as it was, by one entry');
done_testing;
