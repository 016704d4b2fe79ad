# Proves that `boxoffice verify` finds nothing while tickets are sold, cards
# declined, answers lost and charges made twice or late, and names the one
# invariant that a change by hand breaks; and that the jobs daemon tells it by
# itself. By asking again and again under load, then breaking single rows.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;
use Time::HiRes qw(sleep time);

use constant LOAD_S => 8;

my $s    = Stack->up(pay => 4, hook => 1, api => 2, env => { BOXOFFICE_SWEEP_SECONDS => 5 });
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ], [ Free => 0, 100 ], [ Rare => 7500, 4 ] ]);
# How long an attempt may be open follows from the settings that the programs run with.
my @times = do {
    open my $in, '<', '/proc/' . $s->part_pid('jobs') . '/environ' or die "the daemon's settings: $!\n";
    local $/ = "\0";
    map { /^(BOXOFFICE_(?:CALL_DEADLINE|FENCE|HORIZON)_MS)=(\d+)/ ? ($1 => $2) : () } <$in>;
};
sub verify { return $s->run([ 'boxoffice', 'verify', @_ ], @times) }
sub broken { return join ' ', $_[0]{out} =~ /^BROKEN  (\w+)/mg }

# One claim: this exit status, and these are broken.
sub told {
    my ($got, $status, $broken, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok($got->{status} == $status && broken($got) eq $broken, $name) || diag("status $got->{status}\n$got->{out}$got->{err}");
}

# --- what there is to ask ------------------------------------------------------------

my $first = verify();
told($first, 0, '', 'a house that has sold nothing is sound');
my @lines = split /\n/, $first->{out};
like(pop @lines, qr/^\d+ of \d+ invariants hold, 0 broken  \(\d+ ms\)$/, 'it ends with a sum');
is(scalar(grep { !/^ok      \w+ +\S.* +\d+ ms$/ } @lines), 0, 'a line for each: its name, what must hold, how long it took');
cmp_ok(scalar @lines, '>=', 30, 'of thirty or more');
is($first->{err}, '', 'and nothing else where no terminal looks');
my $two = verify('tickets_counted', 'jobs_not_buried');
is(join(' ', $two->{out} =~ /^ok +(\w+)/mg), 'tickets_counted jobs_not_buried', 'some by their names');
my $none = verify('tickets_counted', 'tickets_weighed');
is("$none->{status} $none->{out}", '2 ', 'a name that is none');
like($none->{err}, qr/^boxoffice: there is no invariant tickets_weighed; there are\n.*^  tickets_counted +tickets left/ms, 'is told, with those that there are');

# --- under load -------------------------------------------------------------------------

# Late money: charges after their order was given up, and twice.
my @tokens = qw(tok_visa tok_visa tok_declined tok_lost_after tok_double tok_lost_before tok_garbage tok_insufficient_funds);
sub buyer {
    my ($n) = @_;
    my ($end, $i, %seen) = (time + LOAD_S, $n, ());
    while (time < $end) {
        my $cart = $i % 7 == 3 ? { Free => 1 } : $i % 5 == 4 ? { Floor => 1, Rare => 1 } : { Floor => 1 + $i % 3 };
        my $got = $s->buy($shop, $cart, $i % 4 == 1 ? () : (payment_token => $tokens[ $i % @tokens ]));
        $seen{ $got->{status} }++;
        my $id = ($got->{json} || {})->{id};
        $s->call(POST => "/v1/orders/$id/" . ($i % 3 ? 'pay' : 'cancel'), $i % 3 ? { payment_token => $tokens[ ($i + 3) % @tokens ] } : undef)
            if $id && $got->{json}{status} eq 'held';
        $i++;
    }
    return { %seen, all => $i - $n };
}
my @buyers = map { my $n = 11 * $_; later(sub { buyer($n) }) } 1 .. 3;
my ($asked, @alarms) = (0);
for (my $end = time + LOAD_S - 1; time < $end; $asked++) {
    my $got = verify();
    push @alarms, "$got->{status}: $got->{out}$got->{err}" if $got->{status};
}
my @done = map { answer($_) } @buyers;
my %seen;
for my $done (@done) { $seen{$_} += $done->{$_} for keys %$done }
cmp_ok($seen{201} // 0, '>', 20, 'tickets were sold meanwhile') or diag(explain(\@done));
cmp_ok($seen{202} // 0, '>', 0, 'answers were lost');
cmp_ok($seen{402} // 0, '>', 0, 'cards were declined');
cmp_ok($asked, '>', 2, "and verify asked, $asked times");     # each takes what the load leaves it
is(join("\n", @alarms[ 0 .. ($#alarms > 1 ? 1 : $#alarms) ]), '', 'without one false alarm');

# What was charged twice comes to us by webhook or sweep, and goes back.
my $sales = sub { scalar grep { $_->{kind} eq 'sale' && $_->{status} ne 'declined' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} } };
$s->wait_until(30, sub { $sales->() == one_value($s, q{select count(*) from app.payments where kind = 'charge' and state in ('succeeded', 'late_approved', 'voided')}) });
$s->books_ok;
ok($s->wait_until(45, sub { !one_value($s, q{select count(*) from app.payments where state = 'late_approved'}) }), 'what was charged twice went back');
cmp_ok(one_value($s, q{select count(*) from app.payments where kind = 'charge' and state = 'voided'}), '>', 0, 'there was some');
told(verify(), 0, '', 'all is sound when it is over');

# --- broken by hand ------------------------------------------------------------------------

my ($org, $order) = $s->dbh->selectrow_array(q{select org, id from app.orders where status = 'paid' and total > 0 order by id limit 1});
$s->dbh->do(q{update app.ticket_types set quantity = quantity + 1 where name = 'Rare'});
my $got = verify();
told($got, 1, 'tickets_counted', 'a ticket lost is found');
like($got->{out}, qr/^BROKEN  tickets_counted .* 1\n {8}organizer $org: tkt_\w{26}: of 5 tickets \d are left and \d sold or held\n {8}next: \S/m,
    'with the organizer, the object, what is wrong, and what to do next');
told(verify('entries_balance'), 0, '', 'others still hold');
$s->dbh->do(q{update app.ticket_types set quantity = quantity - 1 where name = 'Rare'});

$s->dbh->do(q{delete from ops.outbox where object_id in (select id from app.orders where status = 'paid' order by id limit 12)});
$got = verify();
told($got, 1, 'outbox_tells_of_paid', 'twelve orders that nobody is told of are found');
is(scalar(() = $got->{out} =~ /^ {8}organizer /mg), 10, 'ten of them are shown');
like($got->{out}, qr/^ {8}and 2 more$/m, 'and the others counted');
like($got->{out}, qr/^\d+ of \d+ invariants hold, 1 broken /m, 'the sum says so');

# --- the hourly watch ------------------------------------------------------------------------

my $hourly = '00000000-0000-0000-0000-000000000000';
my $log    = sub { open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!\n"; return grep { /"invariant/ } <$in> };
my @before = grep { /invariant\.broken/ } $log->();
is("@before", '', 'the daemon has had nothing to say since it started');
is(one_value($s, q{select count(*) from ops.jobs where kind = 'verify_hourly' and due_at > now() + interval '50 min'}), 1, 'its watch comes round in an hour');
is($s->boxoffice(qw(jobs retry 0 verify_hourly), $hourly)->{status}, 0, 'asked for at once');
ok($s->wait_until(10, sub { grep { /invariant\.broken/ } $log->() }), 'it tells what is broken');
my ($line) = grep { /invariant\.broken/ } $log->();
like($line, qr/"level":"error"/, 'as an error');
like($line, qr/"name":"outbox_tells_of_paid".*"rows":"12".*"first":"organizer $org: ord_\w{26}: [^"]*; organizer.*"next":"/,
    'by its name, how many, the first of them, and what to do next');
ok($s->wait_until(5, sub { one_value($s, q{select count(*) from ops.jobs where kind = 'verify_hourly' and due_at > now() + interval '50 min' and buried_at is null
    and last_error is null}) }), 'and comes round again in an hour');

done_testing;
