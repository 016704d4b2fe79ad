# Proves that the accounts which the programs post to, src/domain/ledger/chart.def,
# are those that the database takes, in the same order. By posting every
# pair of neighbours in the file's order, and in the other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Stack;

my $file = "$FindBin::Bin/../../src/domain/ledger/chart.def";
open my $in, '<', $file or die "$file: $!\n";
my @chart = map { /^ACCOUNT\((\w+),\s*\w+\)/ ? $1 : () } <$in>;
cmp_ok(scalar @chart, '>=', 22, 'chart.def can be read: ' . @chart . ' accounts');

my $s   = Stack->up(db_only => 1);
my $dbh = $s->dbh;
my $ask = sub { $dbh->selectrow_array('select ledger.is_balanced(?, ?)', undef, @_) };
is($ask->(\@chart, [ (1) x $#chart, -$#chart ]), 1, 'the whole chart in its order is one good entry');
for my $i (1 .. $#chart) {
    my @pair = @chart[ $i - 1, $i ];
    ok($ask->(\@pair, [ 1, -1 ]) && !$ask->([ reverse @pair ], [ 1, -1 ]), "$pair[0] stands before $pair[1]");
}

# Nothing more in the database than in the file.
my ($list) = $dbh->selectrow_array(q{select prosrc from pg_proc where oid = 'ledger.is_balanced'::regproc}) =~ /chart constant text\[\] := array\[(.*?)\];/s;
is(join(' ', $list =~ /'(\w+)'/g), "@chart", 'the function\'s list is the file\'s');
for my $fn (qw(ledger.entry_sums ops.broken_checkpoints_agree)) {
    my ($sums) = $dbh->selectrow_array('select prosrc from pg_proc where oid = ?::regproc', undef, $fn);
    is(join(' ', $sums =~ /amounts\[(\d+)\]/g), join(' ', 1 .. @chart), "$fn sums as many places as an entry can have");
}
$dbh->disconnect;
done_testing;
