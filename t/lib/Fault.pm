package Fault;

# The fault points of a build (src/base/fault.h): arms them, sees what fired.
#
#     my $faults = Fault->new($build);             # of `configure --enable-faults`
#     my $s = Stack->up(build => $build, env => { $faults->env });
#     $faults->arm('tx_commit_sent', 'kill', countdown => 3);
#     $faults->wait_fired('tx_commit_sent', 2) or ...;
#     $faults->go_on($faults->pid('reply_written'));   # one that was stopped
#
# Actions: kill stop delay (argument: ms) fail. Each is done once, by whichever
# process of the stack comes by. The file of slots goes with the object.

use strict;
use warnings;
use Carp qw(croak);
use File::Temp ();
use Time::HiRes qw(sleep time);

use constant SLOT => 32;
my %ACTION = (none => 0, kill => 1, stop => 2, delay => 3, fail => 4);
my %AT     = (hits => 0, action => 8, countdown => 12, argument => 16, fired => 20, pid => 24);

sub new {
    my ($class, $build) = @_;
    my $list = "$build/t/fault/points";
    -x $list or croak "$list is not there: it is built by configure --enable-faults";
    my @points;
    open my $in, '-|', $list or croak "$list: $!";
    while (<$in>) {
        chomp;
        my ($n, $name, $fails, $where) = split /\t/;
        push @points, { n => $n, name => $name, fails => $fails eq 'fails', where => $where };
    }
    close $in or croak "$list failed";
    my $self = bless { points => \@points, by_name => { map { $_->{name} => $_ } @points } }, $class;
    $self->{temp} = File::Temp->new(TEMPLATE => 'bx-faults-XXXXXX', TMPDIR => 1);
    open $self->{fh}, '+<:raw', $self->file or croak $self->file . ": $!";
    syswrite $self->{fh}, "\0" x (SLOT * @points);
    return $self;
}

sub file   { $_[0]{temp}->filename }
sub env    { (BOXOFFICE_FAULT_FILE => $_[0]->file) }
sub points { @{ $_[0]{points} } }
sub point  { $_[0]{by_name}{ $_[1] } or croak "there is no fault point $_[1]" }

sub _put {
    my ($self, $name, $field, $value) = @_;
    sysseek $self->{fh}, SLOT * $self->point($name)->{n} + $AT{$field}, 0;
    syswrite($self->{fh}, pack 'l', $value) == 4 or croak "the slots can't be written: $!";
}

sub slot {
    my ($self, $name) = @_;
    sysseek $self->{fh}, SLOT * $self->point($name)->{n}, 0;
    sysread($self->{fh}, my $bytes, SLOT) == SLOT or croak "the slots can't be read: $!";
    my %slot;
    @slot{qw(hits action countdown argument fired pid)} = unpack 'Q L l L L L', $bytes;
    return \%slot;
}

# The action comes last: it is what a passing process looks at.
sub arm {
    my ($self, $name, $action, %more) = @_;
    defined $ACTION{$action} && ($action ne 'fail' || $self->point($name)->{fails}) or croak "$name can't $action";
    $self->disarm($name);
    $self->{before}{$name} = $self->fired($name);
    $self->_put($name, argument  => $more{argument}  // 0);
    $self->_put($name, countdown => $more{countdown} // 1);
    $self->_put($name, action    => $ACTION{$action});
}

sub disarm { $_[0]->_put($_[1], action => 0) }
sub hits   { $_[0]->slot($_[1])->{hits} }
sub fired  { $_[0]->slot($_[1])->{fired} }
sub pid    { $_[0]->slot($_[1])->{pid} }

# Whether it has acted since it was armed.
sub has_fired { return $_[0]->fired($_[1]) > ($_[0]{before}{ $_[1] } // 0) }

sub wait_fired {
    my ($self, $name, $seconds) = @_;
    for (my $end = time + $seconds; time < $end; sleep 0.01) { return 1 if $self->has_fired($name) }
    return $self->has_fired($name);
}

# Every living process that shares the slots: its environment names the file.
sub processes {
    my ($self) = @_;
    my $entry = join '=', $self->env;
    my @found;
    for my $proc (glob '/proc/[0-9]*') {
        open my $in, '<', "$proc/environ" or next;
        my $environ = do { local $/; <$in> } // next;
        push @found, $proc =~ s{.*/}{}r if grep { $_ eq $entry } split /\0/, $environ;
    }
    return @found;
}

sub state_of {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return '';
    return (<$in> // '') =~ /\) (\w)/ ? $1 : '';
}

# Continues what stands stopped: the pids given, or all that share the slots.
sub go_on {
    my ($self, @pids) = @_;
    my %ours = map { $_ => 1 } $self->processes;
    @pids = keys %ours if !@pids;
    return kill CONT => grep { $ours{$_} && state_of($_) eq 'T' } @pids;
}

1;
