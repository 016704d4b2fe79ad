package Stack;

# A private Boxoffice for one test file, and what a test needs to talk to it.
#
#     use Test::More;
#     use Stack;
#     my $s     = Stack->up(pay => 8, env => { BOXOFFICE_HOLD_SECONDS => 20 });
#     my $shop  = $s->shop(types => [ [Floor => 5000, 100] ]);
#     my $order = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa');
#     is $order->{status}, 201, 'sold';
#     $s->books_ok;
#     done_testing;
#
# The stack is started by `./dev stack-up` (one copy of a template database),
# and goes down with the object or the program, whichever ends first, die or
# not. When a test failed its logs stay and the last lines say where.
# With BOXOFFICE_STACK=DIR it uses the stack running there and leaves it up.
#
# up() takes: pay hook api (workers), env {BOXOFFICE_X => value} (before what
# dev sets), sandbox_sync => 0, webhooks => 0 (the sandbox sends none), build =>
# DIR, db_only => 1.

use strict;
use warnings;
use Carp qw(croak);
use Cwd ();
use File::Basename qw(basename dirname);
use HTTP::Tiny;
use IO::Socket::SSL;
use JSON::PP;
use POSIX ();
use Scalar::Util ();
use Socket ();
use Symbol ();
use Test::More ();
use Time::HiRes qw(sleep time);
use Together qw(together);

my $TOP  = dirname(dirname(dirname(Cwd::abs_path(__FILE__))));
my $JSON = JSON::PP->new->utf8->canonical;
my %UP;    # directory => object: what END still has to stop

sub up {
    my ($class, %opt) = @_;
    my $self = bless { pid => $$, opt => \%opt }, $class;
    if ($ENV{BOXOFFICE_STACK}) {
        @$self{qw(dir borrowed)} = (Cwd::abs_path($ENV{BOXOFFICE_STACK}), 1);
    }
    else {
        my $name = basename($0) =~ s/\.t$//r =~ s/[^\w-]/_/gr;
        $self->{dir} = "$TOP/var/stack/$name.$$" . (keys %UP ? '-' . keys %UP : '');
        $UP{ $self->{dir} } = $self;
        Scalar::Util::weaken($UP{ $self->{dir} });
        local %ENV = _environment(%opt);
        $ENV{DB_ONLY}      = 1 if $opt{db_only};
        $ENV{PG_BUFFERS} ||= '32MB';
        $ENV{NGINX_WORKERS} ||= 1;
        $self->{keep} = 1;    # its logs, should it not start
        system("$TOP/dev", 'stack-up', $self->{dir}) == 0 or die "the stack in $self->{dir} did not start\n";
        $self->{keep} = 0;
    }
    open my $env, '<', "$self->{dir}/env" or die "$self->{dir}/env: $!\n";
    while (<$env>) { $self->{ lc $1 } = $2 if /^export BOXOFFICE_(\w+)='(.*)'$/ }
    return $self;
}

# What dev is told by its environment.
sub _environment {
    my (%opt) = @_;
    my %env = %ENV;
    delete @env{ grep { /^BOXOFFICE_/ } keys %env };
    $env{ uc $_ }          = $opt{$_} for grep { defined $opt{$_} } qw(pay hook api build);
    $env{WORKER_ENV}       = join ' ', map { "$_=$opt{env}{$_}" } sort keys %{ $opt{env} || {} };
    $env{SANDBOX_SYNC}     = 'off' if exists $opt{sandbox_sync} && !$opt{sandbox_sync};
    $env{SANDBOX_WEBHOOKS} = 'off' if exists $opt{webhooks} && !$opt{webhooks};
    return %env;
}

sub dir          { $_[0]{dir} }
sub url          { $_[0]{url} }
sub ca           { $_[0]{ca} }
sub admin_key    { $_[0]{admin_key} }
sub platform_key { $_[0]{platform_key} }
sub sandbox_url  { $_[0]{sandbox_url} }

# --- going down -------------------------------------------------------------

sub down {
    my ($self) = @_;
    return if $self->{pid} != $$ || $self->{borrowed} || $self->{is_down}++;
    delete $UP{ $self->{dir} };
    $_->disconnect for grep { $_ } delete $self->{dbh};
    delete $self->{http};
    local ($?, $@, $!);
    local %ENV = %ENV;
    # Its data is thrown away, so nothing needs an orderly end but the programs.
    @ENV{qw(PG_STOP NGINX_STOP)} = qw(QUIT TERM);
    system("$TOP/dev", 'stack-down', $self->{dir});
    my @crashed = $self->sanitizer_reports;
    if ($self->{keep} || @crashed || !_passing()) {
        Test::More::diag("a sanitizer reported:\n" . join '', @crashed) if @crashed;
        Test::More::diag("logs: $self->{dir}/log");
        system("$TOP/dev", 'stack-down', $self->{dir}, '--wipe-but-logs');
    }
    else {
        system("$TOP/dev", 'stack-down', $self->{dir}, '--wipe');
        rmdir $self->{dir};
    }
    return scalar @crashed;
}

sub _passing { Test::More->builder->is_passing }

# What ASan, UBSan and LSan wrote to a program's log: no test may pass over it.
sub sanitizer_reports {
    my ($self) = @_;
    my @found;
    for my $log (glob "$self->{dir}/log/*.log") {
        open my $in, '<', $log or next;
        while (<$in>) { push @found, basename($log) . ": $_" if /ERROR: \w+Sanitizer|runtime error:|: CHECK failed/ }
    }
    return @found;
}

sub DESTROY { $_[0]->down }

END {
    my $status  = $?;
    my $crashed = 0;
    for my $stack (grep { $_ && $_->{pid} == $$ } values %UP) {
        $stack->{keep} ||= $status;
        $crashed += $stack->down || 0;
    }
    $? = $status || ($crashed ? 70 : 0);
}
$SIG{$_} ||= sub { exit 1 } for qw(INT TERM HUP);    # so that END runs

# Stops one part as an operator would, or starts it again: postgres redis
# nginx sandbox sandbox-nginx pay hook api jobs.
sub stop  { my ($self, $part) = @_; system("$TOP/dev", 'part', $self->{dir}, 'stop', $part) == 0 or die "$part did not stop\n" }

sub start {
    my ($self, $part) = @_;
    local %ENV = _environment(%{ $self->{opt} });
    system("$TOP/dev", 'part', $self->{dir}, 'start', $part) == 0 or die "$part did not start\n";
}

# The pid of a part (for a pool, multiwatch's), and of a pool's workers.
sub part_pid {
    my ($self, $part) = @_;
    open my $in, '<', "$self->{dir}/pid/$part" or return;
    return (split ' ', <$in> // '')[0];
}

# A second jobs daemon, with the settings of the first (which is a shell, then env, before it is itself): its pid, for the caller to end.
sub another_daemon {
    my ($self) = @_;
    my $proc = '/proc/' . $self->part_pid('jobs');
    my $exe  = $self->wait_until(5, sub { my $exe = readlink("$proc/exe") // ''; $exe =~ m{/boxoffice-jobs$} && $exe }) or die "no daemon to copy\n";
    open my $in, '<', "$proc/environ" or die "environ: $!\n";
    my %env = map { split /=/, $_, 2 } split /\0/, do { local $/; <$in> };
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    open STDERR, '>>', $self->dir . '/log/jobs.log';
    open STDOUT, '>&', \*STDERR;
    %ENV = %env;
    exec {$exe} $exe or POSIX::_exit(1);
}

sub workers {
    my ($self, $pool) = @_;
    my $pid = $self->part_pid($pool) or return;
    open my $in, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$in> // '';
}

# kill_workers('KILL', 'pay'): every worker of the pool, at once.
sub kill_workers { my ($self, $signal, $pool) = @_; return kill $signal, $self->workers($pool) }

# Asks until the code answers true; false after the seconds are over.
sub wait_until {
    my ($self, $seconds, $code) = @_;
    for (my $end = time + $seconds; time < $end; sleep 0.02) { my $v = $code->(); return $v if $v }
    return $code->();
}

# --- talking to it ----------------------------------------------------------

# HTTP::Tiny writes head and body apart: with Nagle's algorithm each POST would
# wait 40 ms for an acknowledgement, and a race would start that much apart.
{
    no warnings 'redefine';
    my $connect = \&HTTP::Tiny::Handle::connect;
    *HTTP::Tiny::Handle::connect = sub {
        my $handle = $connect->(@_);
        setsockopt $handle->{fh}, Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1;
        return $handle;
    };
}

# Keeps its connections; POSTs are never sent twice by the client itself.
sub _http {
    my ($self) = @_;
    return $self->{http}{$$} ||= HTTP::Tiny->new(
        keep_alive => 1, timeout => 70, max_redirect => 0, verify_SSL => 1,
        agent => 'boxoffice-tests', SSL_options => { SSL_ca_file => $self->{ca} });
}

sub _request {
    my ($self, $method, $url, $body, %headers) = @_;
    my $content = ref $body ? $JSON->encode($body) : $body;
    $headers{'Content-Type'} = 'application/json' if defined $content && !grep { lc eq 'content-type' } keys %headers;
    delete $headers{$_} for grep { !defined $headers{$_} } keys %headers;
    my $got = $self->_http->request($method, $url, { headers => \%headers, defined $content ? (content => $content) : () });
    my $text = $got->{content};
    my $json = ($got->{headers}{'content-type'} || '') =~ /json/ ? eval { $JSON->decode($text) } : undef;
    return { status => $got->{status}, headers => $got->{headers}, body => $text, json => $json };
}

# call(METHOD, PATH, BODY, %headers) -> {status, headers, body, json}. BODY is a
# reference (sent as JSON), a string (sent as it is) or undef. Besides headers:
#   key  => 'platform' (default), 'admin', a key or token, or undef for none
#   idem => the Idempotency-Key; a POST gets a random one; undef for none
# status 599: there was no answer; body says why.
sub call {
    my ($self, $method, $path, $body, %h) = @_;
    my $key = exists $h{key} ? delete $h{key} : 'platform';
    $key = $self->{"${key}_key"} if defined $key && $key =~ /^(?:platform|admin)$/;
    my $idem = exists $h{idem} ? delete $h{idem} : $method eq 'POST' ? random_key() : undef;
    $h{Authorization}     = "Bearer $key" if defined $key;
    $h{'Idempotency-Key'} = $idem         if defined $idem;
    return $self->_request($method, $self->{url} . $path, $body, %h);
}

sub sandbox { my ($self, $method, $path, $body) = @_; return $self->_request($method, $self->{sandbox_url} . $path, $body) }

# As call(), and dies unless it is answered 2xx; gives the JSON.
sub must {
    my ($self, $method, $path, @rest) = @_;
    my $got = $self->call($method, $path, @rest);
    croak "$method $path: $got->{status} $got->{body}" if $got->{status} !~ /^2/;
    return $got->{json};
}

# Sends bytes as they are over TLS (HTTP/1.1), for what no client would send;
# gives all that comes back until the other side closes, or 10 s.
sub wire {
    my ($self, $bytes) = @_;
    my ($host, $port) = $self->{url} =~ m{//([\w.]+):(\d+)};
    my $sock = IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, SSL_ca_file => $self->{ca}, Timeout => 10)
        or croak "no connection: $IO::Socket::SSL::SSL_ERROR";
    print {$sock} $bytes;
    my $all = '';
    eval {
        local $SIG{ALRM} = sub { die "late\n" };
        alarm 10;
        1 while sysread $sock, $all, 65536, length $all;
        alarm 0;
    };
    alarm 0;
    return $all;
}

sub random_key {
    open my $in, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    read $in, my $bytes, 16;
    return unpack 'H*', $bytes;
}

# Runs the code in n processes released at one instant, each with a connection
# already open, and gives what they returned (JSON-able) in order. One that
# dies gives { died => reason }.
sub parallel {
    my ($self, $n, $code) = @_;
    return together($n, sub { $self->call(GET => '/healthz', undef, key => undef) }, sub { $code->($_[1]) });
}

# The database as its owner; a connection of each process's own.
sub dbh {
    my ($self) = @_;
    require DBI;
    my $dbh = $self->{dbh};
    return $dbh if $dbh && $self->{dbh_pid} == $$ && $dbh->ping;
    my ($user, $db, $host) = $self->{database_url} =~ m{//(\w+)@/(\w+)\?host=(.+)};
    $self->{dbh_pid} = $$;
    return $self->{dbh} = DBI->connect("dbi:Pg:dbname=$db;host=$host", $user, '',
        { RaiseError => 1, PrintError => 0, AutoCommit => 1, AutoInactiveDestroy => 1, pg_enable_utf8 => 1 });
}

# Runs a program of the build beside the stack, as its operator would:
# run([program, arguments], settings) -> {status, signal, out, err}. A setting
# undef is not set.
sub run {
    my ($self, $command, %more) = @_;
    require IPC::Open3;
    my $build = $self->{opt}{build} || $ENV{BUILD} || "$TOP/var/build";
    local %ENV = (PATH => $ENV{PATH}, BOXOFFICE_DATABASE_URL => $self->{database_url}, BOXOFFICE_KEY_FILE => "$self->{dir}/secret/seal.key",
        (map { defined $ENV{$_} ? ($_ => $ENV{$_}) : () } qw(ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS)), %more);
    delete $ENV{$_} for grep { !defined $ENV{$_} } keys %ENV;
    my ($program, @arguments) = @$command;
    my $err = Symbol::gensym();
    my $pid = IPC::Open3::open3(my $in, my $out, $err, "$build/$program", @arguments);
    close $in;
    my %got = (out => do { local $/; <$out> } // '', err => do { local $/; <$err> } // '');
    waitpid $pid, 0;
    return { %got, status => $? >> 8, signal => $? & 127 };
}

sub boxoffice { my ($self, @arguments) = @_; return $self->run([ 'boxoffice', @arguments ]) }

# --- fixtures ---------------------------------------------------------------

# A verified organizer and an event on sale. Options: organizer {}, event {}
# (members that replace the defaults), types [[name, price, quantity, {more}]…],
# publish => 0. Gives {organizer, event, types {name => id}}.
sub shop {
    my ($self, %opt) = @_;
    my $org = $self->must(POST => '/v1/organizers', {
        name => 'Hall', email => 'office@hall.example', country => 'US', currency => 'USD',
        fee_plan => { percent_bps => 500, fixed_amount => 50, payer => 'guest' }, %{ $opt{organizer} || {} } }, key => 'admin');
    $self->must(POST => "/v1/organizers/$org->{id}/verification", { status => 'verified' }, key => 'admin');
    my $day   = sub { POSIX::strftime('%Y-%m-%dT20:00:00Z', gmtime(time + 86400 * $_[0])) };
    my $event = $self->must(POST => '/v1/events', {
        organizer => $org->{id}, name => 'Opening night', starts_at => $day->(30), ends_at => $day->(31), time_zone => 'UTC',
        currency => $org->{currency}, venue => { name => 'Hall', address => '1 River Street', country => 'US', region => 'NY' },
        tax => { rate_bps => 800, inclusive => JSON::PP::false, on_fees => JSON::PP::false }, %{ $opt{event} || {} } });
    my %types;
    for my $type (@{ $opt{types} || [ [ 'Floor', 5000, 100 ] ] }) {
        my ($name, $price, $quantity, $more) = @$type;
        $types{$name} = $self->must(POST => "/v1/events/$event->{id}/ticket_types",
            { name => $name, price => $price, quantity => $quantity, %{ $more || {} } })->{id};
    }
    $self->must(POST => "/v1/events/$event->{id}/publish", {}) unless exists $opt{publish} && !$opt{publish};
    return { organizer => $org->{id}, event => $event->{id}, types => \%types };
}

# The body of an order: order_body($shop, {Floor => 2}, payment_token => …, more members).
sub order_body {
    my ($self, $shop, $cart, %more) = @_;
    return { event => $shop->{event}, guest => { email => 'guest@example.com', name => 'Ada Guest' },
        items => [ map { { ticket_type => $shop->{types}{$_}, quantity => $cart->{$_} } } sort keys %$cart ], %more };
}

sub buy { my ($self, $shop, $cart, %more) = @_; return $self->call(POST => '/v1/orders', $self->order_body($shop, $cart, %more)) }

sub advance_clock { my ($self, $seconds) = @_; return $self->must(POST => '/v1/test_clock/advance', { seconds => $seconds }, key => 'admin') }

# --- the books --------------------------------------------------------------

# Four claims: no attempt is left undecided and no late money still to be given
# back (waits for that, 45 s or wait =>), every ledger entry sums to zero, the
# gateway's captures are our charges that were made, one for one, and what it
# gave back is our refunds that were, one for one.
sub books_ok {
    my ($self, %opt) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $dbh       = $self->dbh;
    my $undecided = sub { join ' ', map { "$_->[0] is $_->[1]" } @{ $dbh->selectall_arrayref(
        q{select reference, state from app.payments where state in ('sending', 'unknown', 'late_approved') order by 1}) } };
    $self->wait_until($opt{wait} // 45, sub { !$undecided->() });
    Test::More::is($undecided->(), '', 'books: no payment is undecided');

    my $crooked = $dbh->selectcol_arrayref(
        q{select e.id::text from ledger.entries e where (select sum(a) from unnest(e.amounts) a) is distinct from 0});
    Test::More::is("@$crooked", '', 'books: every ledger entry sums to zero');

    # A charge that was given back was made. What the gateway has twice for one reference stands under reference#id.
    my $theirs = $self->sandbox(GET => '/sandbox/transactions');
    Test::More::is($theirs->{status}, 200, 'books: the gateway shows its own');
    my @made = grep { $_->{status} ne 'declined' } @{ $theirs->{json}{data} || [] };
    _same_rows('the gateway\'s captures are our charges', [ map { "$_->{reference} $_->{amount} $_->{currency}" } grep { $_->{kind} eq 'sale' } @made ],
        $dbh->selectcol_arrayref(q{select split_part(reference, '#', 1) || ' ' || amount || ' ' || currency from app.payments
            where kind = 'charge' and state in ('succeeded', 'late_approved', 'voided')}));

    # A void has no id of its own: it is known by its charge. What was made in the gateway's dashboard is booked in a moment.
    my $back = sub { $dbh->selectcol_arrayref(q{select coalesce(nullif(r.gateway_transaction, c.gateway_transaction),
            'void of ' || split_part(c.reference, '#', 1)) || ' ' || r.amount || ' ' || r.currency
        from app.payments r join app.payments c on c.org = r.org and c.id = r.capture_id where r.kind = 'refund' and r.state = 'succeeded'}) };
    my @back = map { "$_->[0] $_->[1]{amount} $_->[1]{currency}" } (map { [ "void of $_->{reference}", $_ ] } grep { $_->{status} eq 'voided' } @made),
        map { [ $_->{id}, $_ ] } grep { $_->{kind} eq 'refund' } @made;
    $self->wait_until($opt{wait} // 45, sub { "@{[ sort @back ]}" eq "@{[ sort @{ $back->() } ]}" });
    _same_rows('what it gave back is our refunds', \@back, $back->());
}

sub _same_rows {
    my ($name, $theirs, $ours) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 2;
    my %count;
    $count{$_}++ for @$ours;
    $count{$_}-- for @$theirs;
    my @differ = map { ($count{$_} > 0 ? 'only ours: ' : 'only the gateway\'s: ') . $_ } grep { $count{$_} } sort keys %count;
    Test::More::ok(!@differ, "books: $name (" . @$ours . ')') or Test::More::diag(join "\n", @differ);
}

1;
