package Tally;

# prove's harness, which also adds one line per run to $BOXOFFICE_TALLY:
#     suite passed failed skipped files
# so that `./dev test` can end with one total over all suites. A file that
# dies, or whose plan is broken, counts as a failure even if none of its tests
# failed by number.

use strict;
use warnings;
use parent 'TAP::Harness';

sub runtests {
    my ($self, @tests) = @_;
    my $all = $self->SUPER::runtests(@tests);
    my ($passed, $failed, $skipped) = (0, 0, 0);
    for my $file ($all->parsers($all->descriptions)) {
        my $red = () = $file->failed;
        $red = 1 if !$red && $file->has_problems;
        $failed  += $red;
        $skipped += () = $file->skipped;
        $skipped += 1 if defined $file->skip_all;
        $passed  += (() = $file->passed) - (() = $file->skipped);
    }
    if (my $to = $ENV{BOXOFFICE_TALLY}) {
        open my $out, '>>', $to or die "cannot write $to: $!\n";
        print {$out} "$ENV{BOXOFFICE_SUITE} $passed $failed $skipped ", scalar(@tests), "\n";
        close $out or die "cannot write $to: $!\n";
    }
    return $all;
}

1;
