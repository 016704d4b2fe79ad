# Proves that jobs daemons that run side by side share no job and leave none,
# and that neither waits for the other. By named steps in two sessions, and by
# six daemons let loose, of which two die with jobs in hand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Sessions;

use constant JOBS => 300;

my $s   = Sessions->new(qw(one two));
my $put = sub {
    my ($org, $n) = @_;
    $s->admin->do(q{select ops.job_put(?, 'work', md5(? || '-' || i)::uuid, now() - i * interval '1 s', false, 'r') from generate_series(1, ?) i},
        undef, $org, $org, $n);
};
$s->admin->do('delete from ops.jobs');

$put->(501, 10);
my $claim = q{select count(*), count(distinct object_id), string_agg(left(object_id::text, 8), ' ' order by object_id)
    from ops.job_claim(501, %d, 60000, gen_random_uuid())};
my ($n1, undef, @one) = split ' ', $s->do(one => sprintf $claim, 6);
is($n1, 6, 'a daemon claims six of ten jobs, and has not committed');
$s->send(two => sprintf $claim, 6);
ok(!$s->waits('two'), 'another does not wait for it');
my ($n2, undef, @two) = split ' ', $s->answer('two');
is($n2, 4, 'and gets the other four');
my %seen;
$seen{$_}++ for @one, @two;
is(scalar keys %seen, 10, 'which are others');
$s->rollback('one');
$s->commit('two');
is((split ' ', $s->do(one => sprintf $claim, 10))[0], 6, 'the claim of a daemon that was killed before its commit is free at once');
$s->commit('one');
is((split ' ', $s->do(two => sprintf $claim, 10))[0], 0, 'one that was committed is not');
$s->commit('two');

# Loose: 300 jobs of three organizers; a daemon that dies takes a batch with it, under a lease of 0.3 s.
$s->admin->do('delete from ops.jobs');
$put->($_, JOBS / 3) for 501 .. 503;
$s->admin->do(q{create table public.done (object_id uuid, daemon int)});
$s->admin->do(q{grant insert on public.done to boxoffice_jobs});
my @got = $s->loose(6, 'boxoffice_jobs', sub {
    my ($dbh, $i) = @_;
    my ($claimed, $idle, $batches) = (0, 0, 0);
    for (my $end = time + 20; $idle < 60 && time < $end;) {
        my $orgs = $dbh->selectcol_arrayref('select org from ops.jobs_due_orgs(10)');
        if (!@$orgs) { $idle++; sleep 0.02; next }
        for my $org (@$orgs) {
            my ($lease) = $dbh->selectrow_array('select gen_random_uuid()');
            my $jobs = $dbh->selectall_arrayref('select object_id, attempts from ops.job_claim(?, 7, 300, ?)', undef, $org, $lease);
            $idle = 0 if @$jobs;
            return { claimed => $claimed, died_with => scalar @$jobs } if $i < 2 && @$jobs && ++$batches == 3;
            for my $job (@$jobs) {
                $claimed++;
                $dbh->begin_work;
                $dbh->do('insert into public.done values (?, ?)', undef, $job->[0], $i);
                $dbh->do(q{select ops.job_finish(?, 'work', ?, ?)}, undef, $org, $job->[0], $lease);
                $dbh->commit;
            }
        }
    }
    return { claimed => $claimed, died_with => 0 };
});
is(join(' ', map { $_->{died} // () } @got), '', 'six daemons ran');
is($s->row('select count(*), count(distinct object_id) from public.done'), join(' ', (JOBS) x 2), 'every job was done once');
is($s->row('select count(*) from ops.jobs'), '0', 'none is left');
cmp_ok($got[0]{died_with} + $got[1]{died_with}, '>=', 2, 'also those that two daemons died with: ' . ($got[0]{died_with} + $got[1]{died_with}));
cmp_ok(scalar(grep { $_->{claimed} } @got), '>=', 4, 'the work was shared');
is($s->row('select deadlocks from pg_stat_database where datname = current_database()'), '0', 'without a deadlock');
done_testing;
