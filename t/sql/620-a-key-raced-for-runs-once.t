# Proves that of two requests with one Idempotency-Key only one runs: the
# second waits for the first's transaction and sees what became of it. By
# named steps in two sessions, and by eight let loose on one key.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Sessions;

my $s     = Sessions->new(qw(one two));
my $claim = sub { my ($key, $hash) = @_; sprintf q{select * from ops.idem_claim(501, pg_temp.id('me'), '%s', 'POST', '/v1/orders', '\x%s', 'r', 'server', 60000,
    pg_temp.id('%s'), gen_random_uuid())}, $key, $hash // '01', $key };
my $object = sub { $s->row('select pg_temp.id(?)', undef, $_[0]) };

is($s->do(one => $claim->('a')), 'fresh null null null', 'the first claims the key');
$s->send(two => $claim->('a'));
ok($s->waits('two'), 'the second waits for its transaction');
$s->commit('one');
is($s->answer('two'), 'BX010', 'and is told that the first is running');
$s->rollback('two');

is($s->do(one => $claim->('b')), 'fresh null null null', 'another key');
$s->send(two => $claim->('b', '02'));
ok($s->waits('two'), 'the second, with another body, waits too');
$s->commit('one');
is($s->answer('two'), 'BX031', 'and is told that the key is used');
$s->rollback('two');

is($s->do(one => $claim->('c')), 'fresh null null null', 'a third key');
$s->send(two => $claim->('c', '02'));
ok($s->waits('two'), 'the second waits');
$s->rollback('one');
is($s->answer('two'), 'fresh null null null', 'the first rolled back: the key was never used');
$s->commit('two');

is($s->do(one => $claim->('d')), 'fresh null null null', 'a request that does all in one transaction');
is($s->do(one => q{select ops.idem_finish(501, pg_temp.id('me'), 'd', 201, '\xaa')}), '', 'stores its answer in it');
$s->send(two => $claim->('d'));
ok($s->waits('two'), 'the second waits');
$s->commit('one');
like($s->answer('two'), qr/^replay \Q${\ $object->('d')}\E 201 /, 'and gets the answer');
$s->rollback('two');

# Two who finish: the first answer stays.
$s->do(one => $claim->('e'));
$s->commit('one');
$s->do(one => q{select ops.idem_finish(501, pg_temp.id('me'), 'e', 201, '\xaa')});
$s->send(two => q{select ops.idem_finish(501, pg_temp.id('me'), 'e', 402, '\xbb')});
ok($s->waits('two'), 'of two who store an answer one waits');
$s->commit('one');
is($s->answer('two'), '', 'it is no error');
$s->commit('two');
is($s->row(q{select status, encode(answer, 'hex') from ops.idempotency where key = 'e'}), '201 aa', 'but the first answer stays');

# An open key: one goes on.
$s->admin->do(q{update ops.idempotency set running_until = null where key = 'a'});
is($s->do(one => $claim->('a')), 'open ' . $object->('a') . ' null null', 'a key left open is taken up');
$s->send(two => $claim->('a'));
ok($s->waits('two'), 'by one at a time');
$s->commit('one');
is($s->answer('two'), 'BX010', 'the other sees it running');
$s->rollback('two');

my $race = sub {
    my @got = $s->loose(8, 'boxoffice_api', sub {
        my ($dbh) = @_;
        my %got;
        for my $i (1 .. 50) {
            my $state = eval { $dbh->selectrow_array(q{select verdict from ops.idem_claim(501, '00000000-0000-0000-0000-000000000001', ?,
                'POST', '/', '\x01', 'r', 'server', 60000, null, gen_random_uuid())}, undef, "k$i") } // $dbh->state;
            $got{"k$i $state"}++;
        }
        return \%got;
    });
    is(join(' ', map { $_->{died} // () } @got), '', 'eight sessions claim the same fifty keys');
    my %all;
    for my $got (@got) { $all{$_} += $got->{$_} for keys %$got }
    return scalar grep { ($all{"k$_ $_[0]"} // 0) == 1 && ($all{"k$_ BX010"} // 0) == 7 } 1 .. 50;
};
is($race->('fresh'), 50, 'each new key is fresh for one and running for seven');
for my $time (1 .. 5) {
    $s->admin->do(q{update ops.idempotency set running_until = null where key ~ '^k'});
    is($race->('open'), 50, 'each key left open is taken up by one');
}
done_testing;
