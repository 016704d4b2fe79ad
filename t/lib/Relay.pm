package Relay;

# A relay between two parties, for faults on the wire. It listens on a Unix
# socket or a loopback port, forwards to another, and is told while it runs
# what to do to the bytes that pass.
#
#     my $relay = Relay->new(to => '127.0.0.1:9443');                     # listens on a free port
#     my $relay = Relay->new(to => "$run/pg/.s.PGSQL.5432", listen => "$run/relay/.s.PGSQL.5432");
#     $relay->port;
#     $relay->does(half => after => [0, 3000], every => 2);
#     $relay->done('half');      # how often it has
#     $relay->stop;              # or with the object
#
# does() takes one of
#     pass
#     cut        both ends at once when the bytes match => TEXT have been passed on
#     commit     PostgreSQL: COMMIT is passed on, then both ends are cut; when => 'at once' or
#                'at the answer' (which nobody hears), else in turn
#     half       the server's bytes end after => N
#     drip       bytes => K every ms => M
#     hold       what comes is kept for ms => T, then passed; later bytes keep their order
#     blackhole  what comes is swallowed
# and of these options
#     from => 'client' | 'server'    whose bytes it is done to (cut, drip, hold, blackhole; else 'server')
#     every => N                     to each Nth: connection, or match for cut and commit; else to all
#     asked => N                     only from when the client has sent N bytes: what a TLS handshake
#                                    says before the question passes untouched, and is not counted
# Where a number of bytes is [FROM, TO], each connection gets one between.
#
# A connection keeps the behaviour it began with, except that cut and commit
# look at each match. One process; it ends with its parent.

use strict;
use warnings;
use Carp qw(croak);
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use constant { CHUNK => 65536, IDLE => 0.5 };

sub new {
    my ($class, %opt) = @_;
    croak 'to => where' unless $opt{to};
    my $listen = $opt{listen}
        ? IO::Socket::UNIX->new(Local => $opt{listen}, Listen => 128)
        : IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 128);
    croak "the relay can't listen: $!" unless $listen;
    my $self = bless { parent => $$, dir => File::Temp->newdir('bx-relay-XXXXXX', TMPDIR => 1) }, $class;
    $self->{port} = $listen->sockport unless $opt{listen};
    $self->does('pass');
    $self->{pid} = fork // croak "fork: $!";
    if (!$self->{pid}) {
        eval { _run("$self->{dir}", $listen, $opt{to}, $self->{parent}); 1 } or warn "relay: $@";
        POSIX::_exit(1);
    }
    return $self;
}

sub port { $_[0]{port} }

# In force for whatever comes after it returns: the control file is looked at before every read.
sub does {
    my ($self, $what, %opt) = @_;
    $what =~ /^(?:pass|cut|commit|half|drip|hold|blackhole)$/ or croak "a relay does not $what";
    open my $out, '>', "$self->{dir}/new" or croak "$self->{dir}/new: $!";
    print {$out} JSON::PP->new->encode({ from => 'server', every => 1, asked => 0, %opt, what => $what });
    close $out or croak "$self->{dir}/new: $!";
    rename "$self->{dir}/new", "$self->{dir}/control" or croak "$self->{dir}/control: $!";
    return $self;
}

# How often: 'begin' (a connection), cut, 'at once', 'at the answer'; half, drip, hold, blackhole: to how many connections.
sub done {
    my ($self, $what) = @_;
    return scalar grep { $_->[0] eq $what } $self->_log;
}

# [bytes of the client, bytes of the server] of each connection that has ended.
sub sizes { my ($self) = @_; return map { [ @$_[ 1, 2 ] ] } grep { $_->[0] eq 'end' } $self->_log }

sub _log {
    my ($self) = @_;
    open my $in, '<', "$self->{dir}/log" or return;
    return map { chomp; [ split /\t/ ] } <$in>;
}

sub stop {
    my ($self) = @_;
    return if $self->{parent} != $$ || !$self->{pid};
    local ($?, $!);
    kill KILL => $self->{pid};
    waitpid delete $self->{pid}, 0;
}

sub DESTROY { $_[0]->stop }

# --- the process ------------------------------------------------------------

my ($dir, %conn, $rule, $rule_id, $n, $log);    # conn: either end's descriptor => the connection

sub _run {
    my ($to_dir, $listen, $to, $parent) = @_;
    $dir = $to_dir;
    $SIG{PIPE} = 'IGNORE';
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    open $log, '>>', "$dir/log" or die "$dir/log: $!\n";
    srand 20261125;
    while (getppid() == $parent) {
        my ($read, $write, $wait) = _interests($listen);
        my ($readable, $writable) = IO::Select::select($read, $write, undef, $wait);
        _rule();
        for my $fh (@{ $readable || [] }) { $fh == $listen ? _accept($listen, $to) : _read($fh) }
        _flush($_) for _connections();
    }
}

sub _connections { my %seen; return grep { !$seen{$_}++ } values %conn }

sub _told { syswrite $log, join("\t", @_) . "\n" }

sub _told_once { my ($c) = @_; _told($c->{does}{what}) unless $c->{told}++ }

sub _rule {
    my $id = join '/', (Time::HiRes::stat("$dir/control"))[ 1, 9 ];
    return if defined $rule_id && $rule_id eq $id;
    open my $in, '<', "$dir/control" or return;
    $rule = JSON::PP->new->decode(do { local $/; <$in> });
    ($rule_id, $n) = ($id, 0);
}

# Every nth of whatever is counted.
sub _its_turn { return ++$n % $rule->{every} == 0 }

sub _between { my ($v) = @_; return ref $v ? $v->[0] + int rand($v->[1] - $v->[0] + 1) : $v }

sub _accept {
    my ($listen, $to) = @_;
    my $client = $listen->accept or return;
    my $server = $to =~ m{^/} ? IO::Socket::UNIX->new(Peer => $to) : IO::Socket::INET->new(PeerAddr => $to);
    if (!$server) { close $client; return }
    $_->blocking(0) for $client, $server;
    my $by_match = $rule->{what} =~ /^(?:cut|commit)$/;
    my $does = $by_match || $rule->{what} eq 'pass' || !_its_turn() ? { what => 'pass', from => 'server', asked => 0 } : { %$rule };
    $does->{after} = _between($does->{after}) if $does->{what} eq 'half';
    $does->{bytes} = _between($does->{bytes}) if $does->{what} eq 'drip';
    my $side = sub { my ($name, $other, $fh) = @_; return ($name => { name => $name, other => $other, fh => $fh, queue => [], passed => 0, done => 0, tail => '' }) };
    my %side = ($side->('client', 'server', $client), $side->('server', 'client', $server));
    $conn{ fileno $client } = $conn{ fileno $server } = { %side, does => $does };
    _told('begin');
}

sub _interests {
    my ($listen) = @_;
    my ($read, $write, $wait, $now) = (IO::Select->new($listen), IO::Select->new, IDLE, time);
    for my $c (_connections()) {
        for my $side (@$c{qw(client server)}) {
            $read->add($side->{fh}) unless $side->{ended};
            my $first = $side->{queue}[0] or next;
            if   ($first->{due} > $now) { $wait = $first->{due} - $now if $first->{due} - $now < $wait }
            else                        { $write->add($side->{fh}) }
        }
    }
    return ($read, $write, $wait);
}

sub _cut {
    my ($c) = @_;
    return if $c->{cut}++;
    delete @conn{ map { fileno $_->{fh} } @$c{qw(client server)} };
    close $_->{fh} for @$c{qw(client server)};
    _told('end', $c->{client}{passed}, $c->{server}{passed});
}

sub _read {
    my ($fh) = @_;
    my $c = $conn{ fileno($fh) // return } or return;    # cut in this very round
    my $side = $c->{client}{fh} == $fh ? $c->{client} : $c->{server};
    my $got = sysread $fh, my $bytes, CHUNK;
    return if !defined $got && $!{EAGAIN};
    if (!$got) {
        $side->{ended} = 1;
        push @{ $c->{ $side->{other} }{queue} }, { due => _last_due($c->{ $side->{other} }), end => 1 };
        return;
    }
    if ($side->{name} eq 'server' && $c->{cut_at_answer}) { _told('at the answer'); return _cut($c) }
    _pass($c, $side, $bytes);
    _match($c, $side, $bytes) if $rule->{what} =~ /^(?:cut|commit)$/;
}

sub _last_due { my ($side) = @_; return @{ $side->{queue} } ? $side->{queue}[-1]{due} : 0 }

# Queues the bytes for the other side as the connection's behaviour has it.
sub _pass {
    my ($c, $side, $bytes) = @_;
    my ($does, $to) = ($c->{does}, $c->{ $side->{other} });
    my $due = _last_due($to);
    $side->{passed} += length $bytes;
    my $asked = $c->{client}{passed} >= $does->{asked};
    if ($does->{from} ne $side->{name} || $does->{what} eq 'pass' || !$asked) {
        push @{ $to->{queue} }, { due => $due, bytes => $bytes };
    }
    elsif ($does->{what} eq 'half') {
        my $room = $does->{after} - $side->{done};
        $side->{done} += length $bytes;
        push @{ $to->{queue} }, { due => $due, bytes => substr $bytes, 0, $room } if $room > 0;
        if (length $bytes > $room) { _told_once($c); push @{ $to->{queue} }, { due => $due, end => 1 } }
    }
    else {
        _told_once($c);
        if ($does->{what} eq 'drip') {
            $due = time if $due < time;
            push @{ $to->{queue} }, { due => $due += $does->{ms} / 1000, bytes => $_ } for unpack "(a$does->{bytes})*", $bytes;
        }
        elsif ($does->{what} eq 'hold') {
            push @{ $to->{queue} }, { due => time + $does->{ms} / 1000, bytes => $bytes };
        }
    }
    _flush($c);
}

# COMMIT, or whatever is looked for, may be split between two reads.
sub _match {
    my ($c, $side, $bytes) = @_;
    return if $c->{cut};
    my ($from, $what) = $rule->{what} eq 'commit' ? ('client', "COMMIT\0") : @$rule{qw(from match)};
    return if $side->{name} ne $from;
    my $found = index("$side->{tail}$bytes", $what) >= 0;
    $side->{tail} = $found || length $what == 1 ? '' : substr "$side->{tail}$bytes", 1 - length $what;
    return unless $found && _its_turn();
    my $when = $rule->{what} eq 'cut' ? 'cut' : $rule->{when} || ($n % 2 ? 'at once' : 'at the answer');
    if ($when eq 'at the answer') { $c->{cut_at_answer} = 1; return }
    _told($when);
    push @{ $c->{ $side->{other} }{queue} }, { due => 0, end => 1 };
    _flush($c);
}

# Writes what is due. An end in the queue closes both: nobody here keeps one
# direction open by itself.
sub _flush {
    my ($c) = @_;
    for my $side (@$c{qw(client server)}) {
        while (!$c->{cut} && @{ $side->{queue} } && $side->{queue}[0]{due} <= time) {
            my $first = $side->{queue}[0];
            return _cut($c) if $first->{end};
            my $wrote = syswrite $side->{fh}, $first->{bytes};
            return if !defined $wrote && $!{EAGAIN};
            return _cut($c) if !defined $wrote;
            substr($first->{bytes}, 0, $wrote) = '';
            shift @{ $side->{queue} } if $first->{bytes} eq '';
        }
    }
}

1;
