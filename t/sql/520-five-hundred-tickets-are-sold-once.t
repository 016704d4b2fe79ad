# Proves that under many buyers at once every ticket is sold, none twice, what
# is released is sold again, "sold out" is never said too early, and nobody
# deadlocks. By eight sessions that buy, hold and let go as fast as they can,
# as the API's role, until each is told that all is sold; and the order of
# locks, which a race finds only by luck, by named steps.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Sessions;

use constant { SESSIONS => 8, TICKETS => 500 };

my $s     = Sessions->new(qw(one two));
my %type  = map { $_ => $s->row('select pg_temp.id(?)', undef, $_) } qw(floor stand event);
my $guest = '{A,a@guest.example,a@guest.example,"","","",""}';
$s->admin->do(q{select pg_temp.ticket_type(501, 'event', 'stand', ?)}, undef, TICKETS);
$s->admin->do(q{select app.ticket_type_update(501, pg_temp.id('event'), pg_temp.id('floor'), null, jsonb_build_object('quantity', ?::bigint), 't', 'r')},
    undef, TICKETS);

my $open = <<'SQL';
select app.order_open(501, ?, ?, ?, gen_random_uuid(), null, ?, 'USD', '{0,0,0,0,0,0,0,0,0}', '{}', null, false, 900, ?, ?,
    array_fill(0::bigint, array[7 * ?::int]), array_fill(0::bigint, array[7 * ?::int]), 'buyer', 'race')
SQL
my $free = q{select app.order_free(501, ?, array(select gen_random_uuid() from generate_series(1, ?)),
    array(select gen_random_uuid()::text from generate_series(1, ?)), null, '{}', '{}', 'buyer', 'race')};

# Buys floor and stand together, in either order, or only one of them.
sub buyer {
    my ($dbh) = @_;
    my %did = (sold => 0, released => 0, held => 0, early => 0, errors => {});
    my (%out, $end);
    $end = time + 60;
    while (keys %out < 2) {
        if (time > $end) { $did{errors}{late}++; return \%did }
        my @types = grep { !$out{$_} } rand() < 0.5 ? qw(floor stand) : qw(stand floor);
        @types = ($types[0]) if rand() < 0.6;
        my @quantities = map { $did{few}{$_} ? 1 : 1 + int rand 4 } @types;
        my $n = 0;
        $n += $_ for @quantities;
        my $keep  = rand() < 0.6;
        my ($id)  = $dbh->selectrow_array('select gen_random_uuid()');
        my $state = try_sql($dbh, sub {
            $dbh->do($open, undef, $id, $type{event}, $keep ? 'processing' : 'held', $guest, [ @type{@types} ], \@quantities, scalar @types, $n);
            $dbh->do($free, undef, $id, $n, $n) if $keep;
        });
        if ($state eq 'BX011') {
            # Of several types or tickets this says little: ask for one of each.
            if (@types == 1 && $quantities[0] == 1) { $out{ $types[0] } = 1 }
            $did{few}{$_} = 1 for @types;
        }
        elsif ($state eq 'BX012') { $did{early}++; sleep 0.002 }
        elsif ($state)            { $did{errors}{$state}++; return \%did if $did{errors}{$state} > 3 }
        elsif ($keep)             { $did{sold} += $n }
        else {
            sleep 0.005 * rand;
            $state = try_sql($dbh, sub { $dbh->do(q{select app.order_cancel(501, ?, 'buyer', 'race')}, undef, $id) });
            $did{released} += $n;
            $did{errors}{$state}++ if $state;
        }
    }
    return \%did;
}

sub try_sql {
    my ($dbh, $code) = @_;
    return '' if eval { $dbh->begin_work; $code->(); $dbh->commit; 1 };
    my $state = $dbh->state || 'XXXXX';
    $dbh->rollback;
    return $state;
}

my $deadlocks = q{select deadlocks from pg_stat_database where datname = current_database()};
my @did       = $s->loose(SESSIONS, 'boxoffice_api', \&buyer);
my $sum       = sub { my ($what) = @_; my $n = 0; $n += $_->{$what} // 0 for @did; $n };

is(join(' ', map { $_->{died} // () } @did), '', 'every session ran to its end');
is(join(' ', map { %{ $_->{errors} || {} } } @did), '', 'nobody got an error but "held" and "sold out": no deadlock, no timeout');
is($sum->('sold'), 2 * TICKETS, 'all tickets of both types were sold, by what the sessions count');
is($s->row(q{select count(*), count(distinct (line, order_id, seat)) from app.tickets where type_id in (pg_temp.id('floor'), pg_temp.id('stand'))}),
    join(' ', (2 * TICKETS) x 2), 'and by the tickets issued');
is($s->row(q{select pg_temp.remaining('floor'), pg_temp.remaining('stand')}), '0 0', 'none is left');
is($s->row(q{select count(*) from app.orders where status in ('held', 'processing')}), '0', 'and none is held');
cmp_ok($sum->('released'), '>', TICKETS / 4, 'although many were held and let go meanwhile: ' . $sum->('released'));
is($s->row($deadlocks), '0', 'the server saw no deadlock');
note('told that the rest is held: ', $sum->('early'));

# What comes back after all was sold out is sold again.
$s->admin->do(q{select app.inventory_give(501, pg_temp.id('floor'), 7)});
my @again = $s->loose(SESSIONS, 'boxoffice_api', \&buyer);
is(eval { my $n = 0; $n += $_->{sold} for @again; $n }, 7, 'seven that come back are sold to whoever comes next');
is($s->row(q{select pg_temp.remaining('floor'), pg_temp.remaining('stand')}), '0 0', 'to the last');

# Step by step. A type of 12 has one bucket.
my @two = sort { $s->row('select pg_temp.id(?)', undef, $a) cmp $s->row('select pg_temp.id(?)', undef, $b) } qw(left right);
$s->admin->do(q{select pg_temp.ticket_type(501, 'event', ?, 12)}, undef, $_) for @two;
my ($low, $high) = @two;
my $free_is = sub { my ($type) = @_; $s->row(q{select count(*) from (select 1 from app.ticket_buckets where type_id = pg_temp.id(?) for update skip locked) b},
    undef, $type) };

$s->do(one => qq{select pg_temp.open('first', 'held', '{$low}', '{12}')});
$s->send(two => qq{select pg_temp.status('second') from pg_temp.open('second', 'held', '{$high,$low}', '{1,1}')});
ok($s->waits('two'), 'who finds the last tickets being taken waits, and is not told that they are sold');
is($free_is->($high), '1', 'without holding a ticket of a type that comes later by its id');
$s->rollback('one');
is($s->answer('two'), 'held', 'the other went away: they can be had');
$s->commit('two');
is($s->row('select pg_temp.remaining(?), pg_temp.remaining(?)', undef, $low, $high), '11 11', 'one of each is taken');

$s->do(one => qq{select pg_temp.open('third', 'held', '{$low}', '{11}')});
$s->send(two => q{select app.order_cancel(501, pg_temp.id('second'), 't', 'r')});
ok($s->waits('two'), 'who gives tickets back waits for the one bucket that another has');
is($free_is->($high), '1', 'in the same order of types');
$s->commit('one');
is($s->answer('two'), '', 'and gives them back');
$s->commit('two');
is($s->row('select pg_temp.remaining(?), pg_temp.remaining(?)', undef, $low, $high), '1 12', 'all of them');

$s->do(one => qq{select pg_temp.open('fourth', 'held', '{$low}', '{1}')});
$s->send(two => qq{select pg_temp.open('fifth', 'held', '{$low}', '{1}')});
ok($s->waits('two'), 'who comes after the last ticket waits');
$s->commit('one');
is($s->answer('two'), 'BX012', 'and is told that it is held');
$s->rollback('two');
done_testing;
