# Proves that an event which arrives many times at once is kept once, and that
# daemons side by side share no event, leave none and never deadlock. By named
# steps in two sessions, by sixteen doors that get one event, and by four
# daemons let loose, of which one dies with events in hand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Sessions;

use constant EVENTS => 200;

my $s     = Sessions->new(qw(one two));
my $take  = sub { sprintf q{select app.webhook_take('%s', '%s', 'type', '\x01', false)}, $_[0], $_[1] // 'nmi' };
my $claim = sub { sprintf q{select attempts from app.webhooks_claim('{%s}', '{nmi}', 60000, pg_temp.id('%s'), 5)}, @_ };
my $done  = q{select app.webhooks_done('{a}', '{nmi}', pg_temp.id('one'), '{applied}', '{note}')};

# Two doors.
is($s->do(one => $take->('a')), 1, 'an event is new, and not committed');
$s->send(two => $take->('a', 'stripe'));
ok(!$s->waits('two'), q{another gateway's of that id does not wait});
is($s->answer('two'), 1, 'and is new');
$s->commit('two');
$s->send(two => $take->('a'));
ok($s->waits('two'), 'the same again waits');
$s->rollback('one');
is($s->answer('two'), 1, 'the first was killed: it is new, and nothing was lost');
$s->rollback('two');
is($s->do(one => $take->('a')), 1, 'it is new once more');
$s->send(two => $take->('a'));
ok($s->waits('two'), 'the same again waits');
$s->commit('one');
is($s->answer('two'), 0, 'and is not new: who says "kept" says it of a row that is committed');
$s->commit('two');

# Sixteen.
for my $event (qw(b c d)) {
    my @got = $s->loose(16, 'boxoffice_hook', sub { $_[0]->selectrow_array($take->($event)) });
    is(join('', sort map { ref $_ ? $_->{died} : $_ } @got), '0' x 15 . '1', "of sixteen doors that get $event at once one finds it new");
}
is($s->row('select count(*), count(distinct (event_id, gateway)) from app.webhook_events'), '5 5', 'each is kept once');

# Two daemons at one event.
is($s->do(one => $claim->('a', 'one')), 1, 'a daemon claims an event, and has not committed');
is($s->do(two => $claim->('b', 'two')), 1, 'another, another event');
$s->send(two => $claim->('a', 'two'));
ok($s->waits('two'), 'and waits for the same');
$s->commit('one');
is($s->answer('two'), '', 'of which it gets nothing');
$s->rollback('two');
$s->admin->do(q{update app.webhook_events set lease = null, leased_until = null, attempts = 0 where event_id = 'a'});
is($s->do(one => $claim->('a', 'one')), 1, 'it is claimed, and has not committed');
$s->send(two => $claim->('a', 'two'));
ok($s->waits('two'), 'another waits');
$s->rollback('one');
is($s->answer('two'), 1, 'and has it: its daemon was killed');
$s->rollback('two');
is($s->do(one => $claim->('a', 'one')), 1, 'claimed once more');
$s->commit('one');
is($s->do(one => $claim->('a', 'one')), 2, 'its holder, whose answer was lost, gets it again');
$s->rollback('one');
is($s->do(two => $claim->('a', 'two')), '', 'one that was committed is not');
$s->commit('two');

# Replayed while it is worked on, and while it ends.
is($s->do(one => $done), '', 'its holder ends it, and has not committed');
$s->send(two => q{select app.webhook_replay('a', 'nmi')});
ok($s->waits('two'), 'an operator who wants it again waits');
$s->commit('one');
is($s->answer('two'), 1, 'and has it');
$s->commit('two');
is($s->row(q{select state, attempts from app.webhook_events where event_id = 'a' and gateway = 'nmi'}), 'received 0', 'it will be looked at again');
is($s->do(one => $claim->('a', 'one')), 1, 'by the next');
$s->commit('one');
is($s->do(one => q{select app.webhook_replay('a', 'nmi')}), 1, 'replayed while it is worked on');
$s->send(two => $done);
ok($s->waits('two'), 'its holder waits');
$s->commit('one');
$s->answer('two');
$s->commit('two');
is($s->row(q{select state from app.webhook_events where event_id = 'a' and gateway = 'nmi'}), 'received', 'and has not ended what was asked for after it began');

# Loose: 200 events; the daemon that dies takes three with it, under leases of 0.3 s.
$s->admin->do('delete from app.webhook_events');
$s->admin->do(q{select app.webhook_take('event ' || i, case i % 2 when 0 then 'nmi' else 'stripe' end, 'type', '\x01', false)
    from generate_series(1, ?) i}, undef, EVENTS);
$s->admin->do('create table public.applied (event_id text, daemon int)');
$s->admin->do('grant insert on public.applied to boxoffice_jobs');
my @got = $s->loose(4, 'boxoffice_jobs', sub {
    my ($dbh, $i) = @_;
    my ($claimed, $idle) = (0, 0);
    for (my $end = time + 20; $idle < 40 && time < $end;) {
        my $due = $dbh->selectall_arrayref('select event_id, gateway from app.webhooks_due(4)');
        if (!@$due) { $idle++; sleep 0.02; next }
        my ($lease) = $dbh->selectrow_array('select gen_random_uuid()');
        my $mine = $dbh->selectall_arrayref('select event_id, gateway from app.webhooks_claim(?, ?, 300, ?, 5)', undef,
            [ map { $_->[0] } @$due ], [ map { $_->[1] } @$due ], $lease);
        next if !@$mine;
        $idle = 0;
        $claimed += @$mine;
        return { claimed => $claimed } if $i == 0;
        $dbh->begin_work;
        $dbh->do('insert into public.applied values (?, ?)', undef, $_->[0], $i) for @$mine;
        $dbh->do('select app.webhooks_done(?, ?, ?, ?, ?)', undef, [ map { $_->[0] } @$mine ], [ map { $_->[1] } @$mine ], $lease,
            [ ('applied') x @$mine ], [ ('note') x @$mine ]);
        $dbh->commit;
    }
    return { claimed => $claimed };
});
is(join(' ', map { $_->{died} // () } @got), '', 'four daemons ran');
is($s->row('select count(*), count(distinct event_id) from public.applied'), join(' ', (EVENTS) x 2), 'every event was applied once');
is($s->row(q{select count(*) from app.webhook_events where state <> 'applied'}), '0', 'none is left');
is($s->row('select count(*) from app.webhook_events where attempts > 1'), $got[0]{claimed}, 'also those that one died with, by another');
cmp_ok(scalar(grep { $_->{claimed} } @got), '>=', 3, 'the work was shared');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'without a deadlock');
done_testing;
