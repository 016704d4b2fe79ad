# Processes that begin at one instant, for tests of races. What each prepares
# (a connection) is ready before any of them starts.
package Together;

use strict;
use warnings;
use Exporter qw(import);
use JSON::PP ();
use POSIX ();

our @EXPORT_OK = qw(together);

# together(n, prepare, code): n processes; each runs prepare->(i), waits for all
# others, then code->(what that gave, i). Gives what code returned (JSON-able)
# in order; one that dies gives { died => reason }.
sub together {
    my ($n, $prepare, $code) = @_;
    pipe my $gate, my $open or die "pipe: $!\n";
    pipe my $ready_in, my $ready_out or die "pipe: $!\n";
    my @children;
    for my $i (0 .. $n - 1) {
        pipe my $in, my $out or die "pipe: $!\n";
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            close $_ for $open, $ready_in, $in;
            srand($$ ^ time);
            my $result = eval {
                my $prepared = $prepare->($i);
                syswrite $ready_out, '.';
                sysread $gate, my $nothing, 1;
                [ scalar $code->($prepared, $i) ];
            } || [ { died => "$@" } ];
            print {$out} JSON::PP->new->allow_nonref->encode($result);
            close $out;
            POSIX::_exit(0);    # neither END nor Test::More is the child's business
        }
        close $out;
        push @children, [ $pid, $in ];
    }
    close $ready_out;
    for (1 .. $n) { sysread($ready_in, my $dot, 1) or last }
    close $open;
    return map { _answer(@$_) } @children;
}

sub _answer {
    my ($pid, $in) = @_;
    my $text = do { local $/; <$in> };
    waitpid $pid, 0;
    return eval { JSON::PP->new->decode($text)->[0] } // { died => "child answered nothing (status $?)" };
}

1;
