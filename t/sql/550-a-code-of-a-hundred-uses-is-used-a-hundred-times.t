# Proves that under many buyers at once a promo code is used exactly as often as
# it may, its budget is spent to the last unit and never beyond, a guest gets no
# use too many, whatever comes back is used again, and nobody deadlocks. By
# sessions that open orders, give up, let go and expire as fast as they can, while
# another asks the whole time whether every slot is counted; named steps are in 560.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);
use Sessions;

my $s  = Sessions->new;
my %id = map { $_ => $s->row('select pg_temp.id(?)', undef, $_) } qw(event seats HUNDRED MONEY ONCE LEFT RIGHT);
$s->admin->do(q{select pg_temp.ticket_type(501, 'event', 'seats', 1000000)});
$s->admin->do('select pg_temp.promo(?, ?)', undef, @$_) for
    [ HUNDRED => '{"max_redemptions": 100}' ], [ MONEY => '{"budget_amount": 5000}' ], [ ONCE => '{"max_per_guest": 1}' ],
    [ LEFT => '{"max_redemptions": 60, "budget_amount": 900}' ], [ RIGHT => '{"max_redemptions": 60, "budget_amount": 900}' ];

# An order for one seat that its codes make free: what it costs is what they take off.
my $open = <<'SQL';
select app.order_open(501, $1, $2, 'held', gen_random_uuid(), null, '{A,a@guest.example,a@guest.example,"","","",""}', 'USD',
    array[$3::bigint, $3, 0, 0, 0, 0, 0, 0, 0], '{}', null, false, 0, array[$4::uuid], '{1}', array[$3::bigint, $3, $3, 0, 0, 0, 0],
    '{0,0,0,0,0,0,0}', 'buyer', 'race', $5)
SQL
my $take = q{select app.promo_take(501, $1, $2::uuid[], array(select 1::bigint from unnest($2::uuid[])), array(select generate_series(1, cardinality($2::uuid[]))::bigint), $3, $4,
    array(select 0::bigint from unnest($2::uuid[])), sha256($5::text::bytea))};
my %ends = (cancel => q{select app.order_cancel(501, $1, 'buyer', 'race')}, expire => q{select app.order_expire(501, $1)});

# Opens an order with codes; fate: keep, undo, cancel, expire. Gives its SQLSTATE, '' when all went well.
sub buy {
    my ($dbh, $fate, $guest, $codes, $discounts) = @_;
    my ($order) = $dbh->selectrow_array('select gen_random_uuid()');
    my $state = eval {
        $dbh->begin_work;
        $dbh->do($open, undef, $order, $id{event}, sum0(@$discounts), $id{seats}, join ',', @$codes);
        $dbh->do($take, undef, $order, [ @id{@$codes} ], $codes, $discounts, $guest);
        $fate eq 'undo' ? $dbh->rollback : $dbh->commit;
        1;
    } ? '' : $dbh->state;
    $dbh->rollback if !$dbh->{AutoCommit};
    return $state if $state || !$ends{$fate};
    sleep 0.003 * rand;
    return eval { $dbh->do($ends{$fate}, undef, $order); 1 } ? '' : $dbh->state;
}

my $fate = sub { (qw(keep keep undo cancel expire))[ rand 5 ] };

# Runs n buyers, and beside them one who asks for slots that are not counted. Gives how often each SQLSTATE came.
sub race {
    my ($n, $buyer) = @_;
    my @did = $s->loose($n + 1, 'boxoffice_owner', sub {
        my ($dbh, $i) = @_;
        return $buyer->($dbh, $i) if $i;
        my %seen;
        for (my $end = time + 2; time < $end;) {
            my $broken = $dbh->selectall_arrayref('select object, detail from ops.broken_promo_counted(3)');
            $seen{"broken: @{ $broken->[0] }"}++ if @$broken;
            $seen{asked}++;
        }
        return \%seen;
    });
    my %seen;
    for my $did (@did) { $seen{$_} += $did->{$_} for grep { $_ ne 'died' } keys %$did; $seen{"died: $did->{died}"}++ if $did->{died} }
    my $asked = delete $seen{asked};
    cmp_ok($asked // 0, '>', 5, 'it was asked whether every slot is counted: ' . ($asked // 'never'));
    is(join("\n", grep { !/^(?:|BX02[46])$/ } keys %seen), '', 'it was, and nobody got an error but that a code is used up');
    return \%seen;
}
my $live = sub { $s->row(q{select count(*), coalesce(sum(u.discount), 0) from app.promo_uses u join app.orders o on o.org = u.org and o.id = u.order_id
    where u.promo_id = ? and o.status = 'held'}, undef, $id{ $_[0] }) };

# Two hundred buyers in twenty sessions.
my $seen = race(20, sub {
    my ($dbh, $i) = @_;
    my %seen;
    $seen{ buy($dbh, $fate->(), "guest $i $_", ['HUNDRED'], [ 1 + int rand 9 ]) }++ for 1 .. 10;
    return \%seen;
});
is(sum0(values %$seen), 200, 'two hundred buyers came');
my ($kept) = $live->('HUNDRED') =~ /^(\d+) /;
cmp_ok($kept, '<=', 100, "not more than a hundred uses of a hundred are held: $kept");
$seen = race(20, sub {
    my ($dbh, $i) = @_;
    my %seen;
    for (my $end = time + 20; time < $end && !$seen{BX024};) { $seen{ buy($dbh, 'keep', "more $i $end", ['HUNDRED'], [5]) }++ }
    return \%seen;
});
is($seen->{''}, 100 - $kept, 'what had come back is used again, by as many');
is($seen->{BX024}, 20, 'until each session is told that it is used up');
is(($live->('HUNDRED') =~ /^(\d+) /)[0], 100, 'exactly a hundred are held');

# A budget: each takes what there is, at last a single unit.
$seen = race(8, sub {
    my ($dbh, $i) = @_;
    my ($most, %seen) = (400);
    for (my $end = time + 20; time < $end;) {
        my $state = buy($dbh, $most > 1 ? $fate->() : 'keep', "guest $i", ['MONEY'], [ 1 + int rand $most ]);
        $seen{$state}++;
        next if !$state;
        last if $state ne 'BX024' || $most == 1;
        $most = int $most / 2;
    }
    return \%seen;
});
is($s->row('select sum(budget) from app.promo_buckets where promo_id = ?', undef, $id{MONEY}), 0, 'of the budget nothing is left');
is(($live->('MONEY') =~ / (\d+)$/)[0], 5000, 'it is spent to the last unit, and not beyond');

# One guest in twenty sessions.
for my $time ('once', 'and again') {
    $seen = race(20, sub { return { buy($_[0], 'keep', 'one guest', ['ONCE'], [5]) => 1 } });
    is_deeply($seen, { '' => 1, BX026 => 19 }, "who may use it once uses it $time, however often the guest asks at the same time");
    is(($live->('ONCE') =~ /^(\d+) /)[0], 1, 'there is one');
    $s->admin->do($ends{cancel}, undef, $s->row('select order_id from app.promo_uses join app.orders o on o.id = order_id where promo_id = ? and o.status = ?',
        undef, $id{ONCE}, 'held'));
}

# Two codes in opposite order, few guests, crumbs in the buckets, and one who changes the limits all the time.
$seen = race(8, sub {
    my ($dbh, $i) = @_;
    my %seen;
    for (my $end = time + 4; time < $end;) {
        if ($i == 1) {
            my $code = rand() < 0.5 ? 'LEFT' : 'RIGHT';
            my $ok = eval {
                $dbh->begin_work;
                my ($uses, $budget) = (50 + int rand 30, rand() < 0.2 ? undef : 900 + int rand 200);
                my @was = $dbh->selectrow_array('select max_redemptions, budget_amount from app.promo_codes where org = 501 and id = ? for update', undef, $id{$code});
                $dbh->do('update app.promo_codes set max_redemptions = ?, budget_amount = ? where org = 501 and id = ?', undef, $uses, $budget, $id{$code});
                $dbh->do('select app.promo_buckets_change(501, ?, ?, ?, ?, ?)', undef, $id{$code}, @was, $uses, $budget);
                $dbh->commit;
                1;
            };
            $seen{ $dbh->state }++ if !$ok && $dbh->state ne 'BX022';
            $dbh->rollback if !$dbh->{AutoCommit};
            sleep 0.02 * rand;
            next;
        }
        my @codes = rand() < 0.5 ? qw(LEFT RIGHT) : qw(RIGHT LEFT);
        $seen{ buy($dbh, (qw(keep cancel expire undo cancel expire))[ rand 6 ], 'guest ' . int rand 3, \@codes, [ map { 1 + int rand 40 } @codes ]) }++;
    }
    return \%seen;
});
cmp_ok($seen->{''}, '>', 100, "codes are taken in opposite orders, $seen->{''} times");
cmp_ok($seen->{BX024} // 0, '>', 0, 'also when there is nothing left');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'the server saw no deadlock');
is($s->row('select count(*) from ops.broken_promo_counted(10)'), '0', 'and in the end every slot is counted');
done_testing;
