# Proves that whatever ends while the batch of a cancelled event tries an order, or after it, the order is given back or listed as failed: none is lost in between.
# By named steps in two sessions, as the job and the outcome of a refund or a dispute take them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s     = Sessions->new(qw(job other));
my $paid  = sub { $s->admin->selectrow_array($_) for "select pg_temp.sending('$_[0]')", "select pg_temp.settle('payment $_[0]', 'succeeded')" };
my $opens = sub { is($s->do(other => "select pg_temp.dispute('payment $_[0]', 'dispute $_[0]')"), '', "all of $_[0] is disputed"); $s->commit('other') };
my $won   = sub { "select app.dispute_ended(501, pg_temp.id('dispute $_[0]'), 'dispute_won', 'won', pg_temp.id('dispute_won of $_[0]'),
    '{gateway_clearing,dispute_receivable,organizer_pending,organizer_reserve,organizer_dispute_hold}', '{11400,-11400,-9000,-1000,10000}', 't', 'r')" };
my $lost  = sub { "select app.batch_again(501, pg_temp.id('order $_[0]'), pg_temp.id('dispute $_[0]'), 'r')" };
my $takes = sub { "select tries from app.batch_take(501, pg_temp.id('batch'), pg_temp.id('order $_[0]'))" };
my $tried = sub { my ($name, $tries, $state, $refund) = @_; my $id = $refund ? "pg_temp.id('$refund')" : 'null';
    "select app.batch_tried(501, pg_temp.id('batch'), pg_temp.id('order $name'), $tries, '$state', $id, 'words')" };
# The batch's refund of the first ticket; the gateway refuses it.
my $made  = sub { my ($name, $tries, $refund) = @_;
    is($s->do(job => $takes->($name)), $tries, "$name is tried");
    $s->do(job => "select pg_temp.refund('order $name', '$refund', 'payment $name ticket 1')");
    $s->do(job => "update app.refunds set actor = 'cancellation' where id = pg_temp.id('$refund')");
    is($s->do(job => $tried->($name, $tries, 'made', $refund)), '', '... by a refund');
    $s->commit('job') };
my $fails = sub { my ($name, $refund) = @_;
    is($s->do(other => "select app.refund_fail(501, pg_temp.id('$refund'), pg_temp.id('failure of $refund'), '{organizer_pending,refunds_in_transit,tax_payable,refunds,organizer_share}',
        '{-5000,5400,-400,-5000,5000}', 'paid', 't', 'r')"), '1', '... which fails'); $s->commit('other') };
my $row   = sub { $s->row("select state, tries from app.batch_orders where org = 501 and order_id = pg_temp.id('order $_[0]')") };
my $list  = sub { $s->row("select count(*), min(refund_id::text) = pg_temp.id('$_[1]')::text, min(detail) from app.batch_failures(501, pg_temp.id('batch'), 99) f
    where f.order_id = pg_temp.id('order $_[0]')") };
my $failed = '1 1 the gateway refused it';
my $ends   = sub { $s->do(job => "select app.batch_end(501, pg_temp.id('batch'), 'r')"); $s->commit('job') };

$paid->($_) for qw(a b c d e);
$opens->('a');
$s->row("select id from app.event_cancel(501, pg_temp.id('event'), pg_temp.id('batch'), null, true, 't', 'r')");
$s->row("select app.batch_plan(501, pg_temp.id('batch'), '00000000-0000-0000-0000-000000000000', 100)");

# The note is written after the try's transaction was given up, and the lock with it.
is($s->do(job => $takes->('a')), 1, 'the batch finds an order disputed');
$s->rollback('job');
is($s->do(other => $won->('a')), '', '... the dispute is won');
$s->commit('other');
is($s->do(job => $tried->('a', 1, 'disputed')), '', '... before the batch has noted it');
$s->commit('job');
is($row->('a'), 'waiting 2', '... then the order still waits');

# One after the other, of one order.
$made->('b', 1, 'refund b');
is($s->do(other => $lost->('b')), '', '... its dispute is lost');
$s->commit('other');
is($row->('b'), 'waiting 2', '... and it is looked at again');
is($s->do(job => $tried->('b', 2, $_)), '', "... $_") for 'nothing';
$s->commit('job');
$fails->('b', 'refund b');
is($list->('b', 'refund b'), $failed, '... then it is listed');
is($row->('b'), 'failed 3', '... and not tried again by itself');

$made->('c', 1, 'refund c');
is($s->do(other => $lost->('c')), '', '... it waits again');
$s->commit('other');
is($s->do(job => $takes->('c')), 2, '... is tried');
$s->rollback('job');
$fails->('c', 'refund c');
is($s->do(job => $tried->('c', 2, 'disputed')), '', '... in the midst of it');
$s->commit('job');
is($list->('c', 'refund c'), $failed, '... then it is listed');

# Two refunds of the batch: the earlier one fails.
$made->('d', 1, 'refund d');
is($s->do(other => $lost->('d')), '', '... it waits again');
is($s->do(other => "select pg_temp.id('refund d') = refund_id from app.batch_orders where order_id = pg_temp.id('order d')"), 1, '... its refund is known');
$s->commit('other');
is($s->do(job => $tried->('d', 2, 'made', 'another')), '', '... a second is made');
$s->commit('job');
$fails->('d', 'refund d');
is($list->('d', 'refund d'), $failed, '... then the one that failed is listed');
is($s->do(other => $lost->('d')), '', '... and what ends later');
$s->commit('other');
is($row->('d'), 'failed 3', '... leaves it to the operator');

# Not the batch's own.
is($s->do(other => "select pg_temp.refund('order e', 'refund e', 'payment e ticket 1')"), '', 'a refund of the organizer\'s');
$s->commit('other');
is($s->do(job => $tried->('e', 1, 'nothing')), '', '... leaves nothing to the batch');
$s->commit('job');
$s->admin->do("update app.batch_orders set state = 'nothing' where state = 'waiting'");
$ends->();
isnt($s->row("select ended_at from app.batches"), '', 'the batch ends');
$fails->('e', 'refund e');
is($row->('e') . $s->row("select ended_at from app.batches"), 'waiting 2', '... and goes on: that order waits');
is($s->row("select again from app.batch_resume(501, pg_temp.id('event'), 't') again"), 3, 'an operator has those that failed tried again');
is($row->($_->[0]), $_->[1], "... $_->[0]") for [ b => 'waiting 4' ], [ c => 'waiting 4' ], [ d => 'waiting 4' ];
done_testing;
