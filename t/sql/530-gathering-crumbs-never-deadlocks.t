# Proves that buyers who gather the last tickets out of many buckets wait for
# each other in one order and never deadlock. By eight sessions that take more
# than one bucket has, let go, and at once begin again: a bucket that had enough
# when it was looked at has too little when it is locked, all the time.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(time);
use Sessions;

my $s = Sessions->new;
$s->admin->do(q{select pg_temp.ticket_type(501, 'event', 'crumbs', 320)});
$s->admin->do(q{update app.ticket_buckets set remaining = (bucket % 2) where type_id = pg_temp.id('crumbs')});
my $type = $s->row(q{select pg_temp.id('crumbs')});

my @did = $s->loose(8, 'boxoffice_owner', sub {
    my ($dbh) = @_;
    my %did = (taken => 0, refused => 0, deadlocks => 0, errors => {});
    for (my $end = time + 5; time < $end;) {
        my $n = 1 + int rand 3;
        my $ok = eval {
            $dbh->begin_work;
            $dbh->do('select app.inventory_take(501, ?, ?)', undef, $type, $n);
            $dbh->commit;
            $did{taken}++;
            $dbh->do('select app.inventory_give(501, ?, ?)', undef, $type, $n);
            1;
        };
        next if $ok;
        my $state = $dbh->state;
        $state =~ /^BX01[12]$/ ? $did{refused}++ : $did{errors}{$state}++;
        $dbh->rollback if !$dbh->{AutoCommit};
    }
    return \%did;
});
is(join(' ', map { $_->{died} // () } @did), '', 'eight sessions ran');
is(join(' ', map { %{ $_->{errors} || {} } } @did), '', 'nobody deadlocked');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'nor does the server know of one');
is($s->row(q{select pg_temp.remaining('crumbs')}), '8', 'every ticket is back');
my ($taken, $refused) = (0, 0);
$taken += $_->{taken}, $refused += $_->{refused} for @did;
cmp_ok($taken, '>', 200, "$taken were taken, $refused refused");
done_testing;
