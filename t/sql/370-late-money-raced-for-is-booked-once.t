# Proves that of two who book or give back the same late money one waits for
# the other and changes nothing that it did, and that nobody deadlocks: late
# approvals, second records, refunds of unplaced captures. By named steps in
# two sessions, and by sixteen let loose.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s       = Sessions->new(qw(one two));
my $admin   = sub { my ($sql) = @_; $s->row("select $sql") };
my $entries = sub { my ($what) = @_; $s->row(q{select coalesce(string_agg(effect, ' ' order by effect), '') from ledger.entries where order_id = pg_temp.id(?)
    or object_id = pg_temp.id(?)}, undef, "order $what", "payment $what") };

# race(what, first, second, answer of the first, of the second once the first has committed, of the second should it roll back)
sub race {
    my ($says, $first, $second, $answer1, $committed, $rolled_back) = @_;
    for my $end ($rolled_back // (), $committed) {
        is($s->do(one => "select $first"), $answer1, "$says: the first, $answer1");
        $s->send(two => "select $second");
        ok($s->waits('two'), "$says: the second waits");
        my $undo = defined $rolled_back && $end eq $rolled_back;
        $undo ? $s->rollback('one') : $s->commit('one');
        is($s->answer('two'), $end, "$says: " . ($undo ? 'the first was killed: ' : 'the first was done: ') . $end);
        $undo ? $s->rollback('two') : $end =~ /^[0-9A-Z]{5}$/ ? $s->rollback('two') : $s->commit('two');
        $rolled_back = undef if $undo;
    }
}

# An attempt that came to nothing, its order held, and one whose order let its tickets go.
sub ended { my ($name, $more) = @_; $s->admin->do(qq{select pg_temp.sending('$name'); select pg_temp.settle('payment $name', 'declined'); } . ($more // '')) }
my $late = sub { my ($name) = @_; qq{pg_temp.state('payment $name') from pg_temp.settle('payment $name', 'succeeded')} };

# --- late approvals -------------------------------------------------------------

ended('a', q{select app.order_cancel(501, pg_temp.id('order a'), 't', 'r')});
race('two late approvals of one attempt', $late->('a'), $late->('a'), 'succeeded', 'BX022', 'succeeded');
is($entries->('a') . ' ' . $admin->(q{pg_temp.remaining('floor')}), 'sale 98', 'one sale, its tickets taken once');

ended('b');
race('a late approval, and the guest pays again', $late->('b'), q{total from app.order_pay(501, pg_temp.id('order b'), 't', 'r')}, 'succeeded',
    'BX018', '11400');
ended('c');
race('the guest pays again, and a late approval', q{total from app.order_pay(501, pg_temp.id('order c'), 't', 'r')}, $late->('c'), '11400', 'late_approved', 'succeeded');
is($admin->(q{pg_temp.state('payment c'), pg_temp.status('order c')}) . ' ' . $entries->('c'), 'late_approved processing unplaced_capture',
    'whose money goes back');
ended('d');
race('a late approval, and the guest cancels', $late->('d'), q{app.order_cancel(501, pg_temp.id('order d'), 't', 'r')}, 'succeeded', 'BX019', '');
ended('e');
race('the guest cancels, and a late approval', q{app.order_cancel(501, pg_temp.id('order e'), 't', 'r')}, $late->('e'), '', 'succeeded', 'succeeded');
is($admin->(q{pg_temp.status('order e'), pg_temp.remaining('floor')}), 'paid 90', 'who gets the tickets back');

$s->admin->do(q{select pg_temp.ticket_type(501, 'event', 'last', 2)});
$s->admin->do(qq{select pg_temp.open('order $_', 'processing', '{last}'), pg_temp.begin('payment $_', 'order $_'); select pg_temp.settle('payment $_', 'not_sent');
    select app.order_cancel(501, pg_temp.id('order $_'), 't', 'r')}) for qw(f g);
race('two late approvals for the last two tickets', $late->('f'), $late->('g'), 'succeeded', 'late_approved', 'succeeded');
is($admin->(q{pg_temp.state('payment f'), pg_temp.state('payment g'), pg_temp.remaining('last')}), 'succeeded late_approved 0', 'the first has them');

# --- refunds of an unplaced capture --------------------------------------------------

my $back = sub { my ($capture, $refund) = @_; qq{pg_temp.give_back('$capture', '$refund')} };
my $end  = sub { my ($refund, $to) = @_; qq{pg_temp.settle_refund('$refund', '$to')} };
# One beside a paid order, and one that has no order at all.
sub unplaced { my ($name) = @_; $s->admin->do(qq{select pg_temp.unplaced('$name')}) }
sub strange {
    my ($name) = @_;
    $s->admin->do(qq{select app.payment_adopt(501, pg_temp.id('capture $name'), null, 'nmi', 'strange $name', 11400, 'USD', 't', 'r');
        select pg_temp.settle('capture $name', 'succeeded')});
}
for my $case ([ unplaced => \&unplaced ], [ 'without an order' => \&strange ]) {
    my ($kind, $make) = @$case;
    my $c = sub { my ($n) = @_; $make->("$kind $n"); "capture $kind $n" };
    my $capture = $c->(1);
    race("$kind, two refunds of it", $back->($capture, "$kind 1a"), $back->($capture, "$kind 1b"), 'begun', 'waits', 'begun');
    race("$kind, its refund ends twice", $end->("$kind 1a", 'succeeded'), $end->("$kind 1a", 'unknown'), 'succeeded', 'BX022', 'unknown');

    $capture = $c->(2);
    $s->admin->do('select ' . $back->($capture, "$kind 2a"));
    race("$kind, its refund succeeds, and another", $end->("$kind 2a", 'succeeded'), $back->($capture, "$kind 2b"), 'succeeded', 'done');

    # Thought not made, and found later.
    for my $n (3, 4) {
        $capture = $c->($n);
        $s->admin->do($_) for 'select ' . $back->($capture, "$kind ${n}a"), 'select ' . $end->("$kind ${n}a", 'declined');
    }
    race("$kind, a refund is found later, and another begins", $end->("$kind 3a", 'succeeded'), $back->("capture $kind 3", "$kind 3b"), 'succeeded', 'done',
        'begun');
    race("$kind, a refund begins, and another is found later", $back->("capture $kind 4", "$kind 4b"), $end->("$kind 4a", 'succeeded'), 'begun', 'BX022',
        'succeeded');
    is($admin->(qq{string_agg(n || r, ' ' order by n, r) from generate_series(1, 4) n, unnest('{a,b}'::text[]) r, ledger.entries
        where effect = 'refund_settled' and object_id = pg_temp.id('$kind ' || n || r)}), '1a 2a 3a', "$kind: the books have each that succeeded, once");
}

# The order's lock comes first, everywhere.
unplaced('k');
$s->admin->do('select ' . $back->('capture k', 'refund k'));
$s->admin->do('select ' . $end->('refund k', 'declined'));
$s->do(one => q{select 1 from app.orders where id = pg_temp.id('order k') for update});
$s->send(two => 'select ' . $back->('capture k', 'refund k2'));
ok($s->waits('two'), 'who begins a refund waits for whoever has the order,');
is($s->row(q{select count(*) from (select 1 from app.payments where id = pg_temp.id('capture k') for update skip locked) p}), '1',
    'and has not locked the capture meanwhile');
is($s->do(one => 'select ' . $end->('refund k', 'succeeded')), 'succeeded', 'so whoever has the order can settle');
$s->commit('one');
is($s->answer('two'), 'done', 'and nothing is sent');
$s->commit('two');

# --- second records -------------------------------------------------------------------

$s->admin->do(q{select pg_temp.sending('h'); select pg_temp.settle('payment h', 'succeeded')});
my $second = sub { my ($payment, $name, $transaction) = @_; qq{app.capture_second(501, pg_temp.id('$payment'), pg_temp.id('$name'), 'of $transaction', '$transaction',
    7, 'USD', '100', null, null, pg_temp.id('entry $name'), pg_temp.unplaced_accounts(), '{7,-7}', 't', 'r')} };
race('one record found by two', $second->('payment h', 'h1', 'again h'), $second->('payment h', 'h2', 'again h'), 1, 0, 1);
race('two records', $second->('payment h', 'h3', 'third h'), $second->('payment h', 'h4', 'fourth h'), 1, 1);
is($entries->('h'), 'sale unplaced_capture unplaced_capture unplaced_capture', 'each is booked once');
strange('i');
race('one record found by two, without an order', $second->('capture i', 'i1', 'again i'), $second->('capture i', 'i2', 'again i'), 1, 0, 1);

# --- loose ---------------------------------------------------------------------------

sub loose {
    my ($sql) = @_;
    my @got = $s->loose(16, 'boxoffice_jobs', sub {
        my ($dbh, $i) = @_;
        my $got = eval { $dbh->selectrow_array($sql =~ s/NEW/gen_random_uuid()/gr) };
        return $@ ? $dbh->state : $got;
    });
    my %n;
    $n{ ref $_ ? $_->{died} : $_ }++ for @got;
    return join ' ', map { "$_ $n{$_}" } sort keys %n;
}
my $id = sub { "'" . $s->row('select pg_temp.id(?)', undef, $_[0]) . "'" };
unplaced('j');
is(loose(qq{select verdict from app.return_begin(501, @{[ $id->('capture j') ]}, NEW, NEW::text, 60000, 't', 'r')}), 'begun 1 waits 15',
    'of sixteen refunds one begins');
is(loose(qq{select app.capture_second(501, @{[ $id->('payment j') ]}, NEW, 'again j', 'again j', 7, 'USD', '100', null, null, NEW,
    '{gateway_clearing,refunds_in_transit}', '{7,-7}', 't', 'r')}), '0 15 1 1', 'of sixteen who find a record one books it');
is($entries->('j'), 'sale unplaced_capture unplaced_capture', 'once');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'without a deadlock');
is($s->row('select sum(a) from ledger.entries, unnest(amounts) a'), '0', 'the books sum to zero');
done_testing;
