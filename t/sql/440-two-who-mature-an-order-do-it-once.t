# Proves that an order matures once, with all that it has by then, whoever else
# is at it: a second worker, a refund that takes from it, a payment that does not
# see the end of its event, somebody who asks for the job while it runs. By named
# steps in two sessions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s   = Sessions->new(qw(worker other));
my $all = sub { $s->row(q{select coalesce(string_agg(effect || ' ' || abs(amounts[1]), ', ' order by recorded_at, effect), '') from ledger.entries
    where effect <> 'sale' and order_id = pg_temp.id($1)}, undef, 'order ' . $_[0]) };
my $own = sub { $s->row(q{select pending, reserve from app.order_holds(501, pg_temp.id($1))}, undef, 'order ' . $_[0]) };
# An order paid before the event's end, whose day has come.
my $due = sub {
    my ($name) = @_;
    my $db = $s->admin;
    $db->do(q{update app.events set status = 'on_sale', starts_at = ops.now(), ends_at = ops.now() + interval '1 day' where id = pg_temp.id('event')});
    $db->do('select pg_temp.sending($1)', undef, $name);
    $db->do(q{select pg_temp.settle('payment ' || $1, 'succeeded')}, undef, $name);
    $db->do('select ops.clock_advance(86400)');
    $db->do(q{select app.event_complete(501, pg_temp.id('event'))});
    $db->do(q{select app.orders_plan(501, pg_temp.id('event'), '00000000-0000-0000-0000-000000000000', 500)});
    $db->do('select ops.clock_advance(3 * 86400)');
};

# A second worker.
$due->('a');
is($s->do(worker => 'select pg_temp.mature()'), '1', 'a worker matures an order');
$s->send(other => 'select pg_temp.mature()');
ok($s->waits('other'), 'another waits for its lock');
$s->commit('worker');
is($s->answer('other'), '0', 'and has nothing to do');
$s->commit('other');
is($all->('a') . '; ' . $own->('a'), 'matured 9000; 0 1000', 'it has matured once');

# The first one dies.
$due->('b');
is($s->do(worker => 'select pg_temp.mature()'), '1', 'a worker matures an order');
$s->send(other => 'select pg_temp.mature()');
ok($s->waits('other'), 'another waits');
$s->rollback('worker');
is($s->answer('other'), '1', 'the first is killed: the other does it');
$s->commit('other');
is($all->('b') . '; ' . $own->('b'), 'matured 9000; 0 1000', 'once');

# A refund takes its part while the worker waits, as it will: under the order's lock, from the order's own pending.
$due->('c');
$s->do(other => q{select 1 from app.orders where org = 501 and id = pg_temp.id('order c') for update});
$s->send(worker => 'select pg_temp.mature()');
ok($s->waits('worker'), 'a worker waits for who has the order');
$s->do(other => q{select ledger.entry_post(501, gen_random_uuid(), 'refund', pg_temp.id('refund c'), pg_temp.id('order c'), null, 'USD',
    '{organizer_pending,organizer_share}', '{4500,-4500}', ops.now(), null)});
$s->commit('other');
is($s->answer('worker'), '1', 'then it matures');
$s->commit('worker');
is($all->('c') . '; ' . $own->('c'), 'refund 4500, matured 4500; 0 1000', '... what is left');

# The other way round: who comes later finds it matured.
$due->('d');
$s->do(worker => 'select pg_temp.mature()');
$s->send(other => q{select 1 from app.orders where org = 501 and id = pg_temp.id('order d') for update});
ok($s->waits('other'), 'a refund waits for the worker');
$s->commit('worker');
$s->answer('other');
is($s->do(other => q{select pending, reserve from app.order_holds(501, pg_temp.id('order d'))}), '0 1000', 'and sees that nothing is pending');
$s->rollback('other');

# A payment that began before the end and does not see it.
$s->admin->do(q{update app.events set status = 'on_sale', starts_at = ops.now(), ends_at = ops.now() + interval '1 day' where id = pg_temp.id('event')});
$s->admin->do(q{select pg_temp.sending('e')});
$s->do(other => q{select pg_temp.settle('payment e', 'succeeded')});
$s->admin->do('select ops.clock_advance(86400)');
$s->admin->do(q{select app.event_complete(501, pg_temp.id('event'))});
my $mark;
my $over = sub { (my $is, $mark) = $s->admin->selectrow_array('select over::int, mark from ops.older_over(501, $1)', undef, $mark); return $is };
is($over->() . $over->(), '00', 'the plan sees that an older transaction is under way');
is($s->row(q{select count(*) from app.maturities where order_id = pg_temp.id('order e')}), '0', '... which plans nothing itself');
$s->commit('other');
$s->commit('worker');
is($over->(), '1', 'and when it is over');
$s->admin->do(q{select app.orders_plan(501, pg_temp.id('event'), '00000000-0000-0000-0000-000000000000', 500)});
is($s->row(q{select count(*) from app.maturities where order_id = pg_temp.id('order e')}), '1', 'then the order is planned');

# A transaction that began later does not hold it up: it sees the end.
$s->do(other => 'select pg_current_xact_id()');
is($over->(), '1', 'who begins later is not waited for');

# Though by a mark that is made now, also when it is the last to have begun, and nothing has ended since.
is($s->row('select over from ops.older_over(501, null)'), '0', '... but is by a mark that is made then');
is($s->row(q{select over from ops.older_over(501, '42/1')}), '0', 'a mark of another node is made anew');
$s->rollback('other');
is($s->row('select over from ops.older_over(501, null)'), '1', 'nobody is under way');

# Money comes back to an order while its event is planned: who has the order's lock goes first, and neither waits for the other in a circle.
$due->($_) for qw(f g);
$s->admin->do('delete from app.maturities');
my $second = $s->row(q{select greatest(pg_temp.id('order f'), pg_temp.id('order g'))});
$s->do(other => "select 1 from app.orders where org = 501 and id = '$second' for update");
$s->send(worker => q{select app.orders_plan(501, pg_temp.id('event'), '00000000-0000-0000-0000-000000000000', 500)});
ok($s->waits('worker'), 'the plan waits for who has an order');
is($s->do(other => "select app.order_wake(501, '$second', 'request')"), '', 'who has it wakes it');
$s->commit('other');
is($s->answer('worker'), '', 'then the plan goes on');
$s->commit('worker');
is($s->row(q{select count(*) from app.maturities where order_id in (pg_temp.id('order f'), pg_temp.id('order g'))}), '2', 'and each is planned');

# Asked for while it ran: its "done" waits, and does not count.
$s->admin->do(q{select app.orders_wake(501, 'request')});
$s->admin->do(q{update ops.jobs set lease = pg_temp.id('lease') where org = 501 and kind = 'orders_mature'});
$s->do(other => q{select app.orders_wake(501, 'request')});
$s->send(worker => q{select ops.job_next(501, 'orders_mature', pg_temp.id('organizer 501'), pg_temp.id('lease'), null)});
ok($s->waits('worker'), 'who ends the job waits for who asks for it');
$s->commit('other');
$s->answer('worker');
$s->commit('worker');
is($s->row(q{select count(*), bool_and(due_at <= ops.now()) from ops.jobs where org = 501 and kind = 'orders_mature'}), '1 1', 'and it is due again');

done_testing;
