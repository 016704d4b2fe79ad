# Whatever fails while orders are paid, refunded and disputed, the gateway, our books and what callers were told agree once it is over: nothing
# is charged twice, lost, or told wrongly.
# The campaign (t/fault/campaign) injects 60 faults (600 in full) in each flow by a plan with a fixed seed: at every fault point, in every process and from outside.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time);

my $faults = $ENV{BOXOFFICE_TEST_FULL} ? 600 : 60;
my %seed   = (charge => 3, webhook => 4, late => 5, refund => 6, dispute => 7);

for my $flow (sort keys %seed) {
    my $began = time;
    open my $in, '-|', "'$FindBin::Bin/campaign' --flow $flow --faults $faults --seed $seed{$flow} 2>&1" or die "campaign: $!\n";
    my @said = <$in>;
    close $in;
    my $status = $? >> 8;
    is $status, 0, "flow $flow: no discrepancy" or diag @said;
    my ($met) = map { /: (\d+) faults in/ ? $1 : () } @said;
    cmp_ok $met // 0, '>=', 0.8 * $faults, sprintf 'flow %s: %d faults happened (%.0f s)', $flow, $met // 0, time - $began;
    my %none = map { /^\s+never (passed|killed at):\s+(.*)/ ? ($1 => $2) : () } @said;
    is $none{passed}, 'none', "flow $flow: every fault point that it has was passed";
    is $none{'killed at'}, 'none', "flow $flow: a process was killed at every fault point" if $flow =~ /^(?:charge|refund)$/;
    note @said;
}
done_testing;
