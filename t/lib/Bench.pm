package Bench;

# What the benchmarks of t/bench share: a private stack, the load generators
# (wrk, pgbench), what they cost by part, and the lines they report.
#
#     bench_up(pay => 12, hook => 8);
#     my $cpu = cpu_now();
#     my $r   = wrk(script => 'orders.lua', spec => FILE, seconds => 8, clients => 32);
#     rate_line('(a)', { %$r, cpu => cpu_since($cpu) });
#     my $b   = pgbench(scripts => ["$HERE/x.sql"], constants => { n => 0 }, role => 'boxoffice_api', seconds => 8, clients => 32);
#     exit bench_end();
#
# A benchmark is no test of speed: it fails only where failed() was told of
# something wrong, never for a figure.

use strict;
use warnings;
use Cwd ();
use File::Basename qw(dirname);
use List::Util qw(max sum0);
use Stack;
use Time::HiRes qw(sleep time);

use Exporter 'import';
our @EXPORT = qw(bench_up bench_end progress failed median slurp spew machine cpu_now cpu_since cpu_ms cpu_line others rate_line
    ask settle log_end log_quiet log_read wrk wrk_start wrk_end pgbench orders_spec shop_new row quotients listed);

my $BENCH     = dirname(dirname(Cwd::abs_path(__FILE__))) . '/bench';
my $PGBENCH   = '/usr/lib/postgresql/15/bin/pgbench';
my $COMPILE_S = 2;                      # of each pgbench that don't count

my $began = time;
my @failed;
sub progress { printf "%5.1f s  %s\n", time - $began, join '', @_ }
sub failed   { push @failed, join '', @_; progress('FAILED: ', @_) }
sub median   { my @v = sort { $a <=> $b } @_; return @v % 2 ? $v[ $#v / 2 ] : ($v[ @v / 2 - 1 ] + $v[ @v / 2 ]) / 2 }
sub slurp    { open my $in, '<', $_[0] or return ''; local $/; return scalar <$in> // '' }
sub spew     { my ($file, $text) = @_; open my $out, '>', $file or die "$file: $!\n"; print {$out} $text; close $out or die "$file: $!\n" }

# --- the machine ------------------------------------------------------------

my $CORES = () = slurp('/proc/cpuinfo') =~ /^processor\b/mg;

sub machine {
    my ($cpu)  = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
    my ($load) = slurp('/proc/loadavg') =~ /^([\d.]+)/;
    return sprintf '%d cores (%s), load %s when it began', $CORES, $cpu // 'unknown', $load;
}

# CPU seconds that a process, its live descendants and its dead ones have used.
sub tree_seconds {
    my ($pid) = @_;
    my $stat = slurp("/proc/$pid/stat") =~ s/^.*\) //sr or return 0;
    my @field = split ' ', $stat;
    my $ticks = sum0(@field[ 11 .. 14 ]);
    return $ticks / 100 + sum0(map { tree_seconds($_) } split ' ', slurp("/proc/$pid/task/$pid/children"));
}

sub busy_seconds {
    my ($user, $nice, $system, undef, undef, $irq, $softirq) = slurp('/proc/stat') =~ /^cpu\s+(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/;
    return ($user + $nice + $system + $irq + $softirq) / 100;
}

my @PARTS = qw(nginx pay hook api jobs redis postgres sandbox-nginx sandbox);
my $s;

sub cpu_now {
    my %now = map { my $pid = $s->part_pid($_); ($_ => $pid ? tree_seconds($pid) : 0) } @PARTS;
    my (undef, undef, $cu, $cs) = times;
    return { %now, client => $cu + $cs, all => busy_seconds(), at => time };
}

sub cpu_since {
    my ($then) = @_;
    my $now = cpu_now();
    my %used = map { $_ => $now->{$_} - $then->{$_} } keys %$then;
    $used{others} = max(0, $used{all} - sum0(@used{ @PARTS, 'client' }));
    return \%used;
}

# CPU ms of each request, in all and by part.
sub cpu_ms { my ($r) = @_; return 1000 * sum0(@{ $r->{cpu} }{ @PARTS, 'client' }) / ($r->{requests} || 1) }

sub cpu_line {
    my ($r) = @_;
    my %ms = map { $_ => 1000 * $r->{cpu}{$_} / ($r->{requests} || 1) } @PARTS, 'client';
    my $all = cpu_ms($r);
    my $to  = $all < 1 ? 3 : 2;
    return sprintf('%.*f ms:', $to, $all) . join '', map { sprintf ' %s %.*f', $_, $to, $ms{$_} } grep { $ms{$_} >= 0.5 / 10**$to } @PARTS, 'client';
}

# What of the machine's time others used during a run, in percent.
sub others { my ($r) = @_; return 100 * $r->{cpu}{others} / $r->{cpu}{at} / $CORES }

# --- the stack --------------------------------------------------------------

# Brings it up; what up() of Stack takes, and nginx => processes.
sub bench_up {
    my (%up) = @_;
    $ENV{PG_BUFFERS} ||= '256MB';
    $ENV{NGINX_WORKERS} = delete $up{nginx};
    return $s = Stack->up(%up);
}

# The exit status; says once more what failed.
sub bench_end {
    print map { "FAILED: $_\n" } @failed;
    return @failed ? 1 : 0;
}

sub ask { return $s->dbh->selectrow_array(@_) }

# What autovacuum does within the first minute of a new database. Before it,
# plans are those for empty tables, and workers keep them; pgbench, whose
# connections are new each time, would not. README.md has the figures.
sub settle {
    my $tables = $s->dbh->selectcol_arrayref(q{select oid::regclass::text from pg_class
        where relkind = 'r' and relnamespace in ('app'::regnamespace, 'ops'::regnamespace, 'ledger'::regnamespace)});
    $s->dbh->do("analyze $_") for @$tables;
    return;
}

# --- what the workers log ---------------------------------------------------

sub log_end { return -s $s->dir . "/log/$_[0].log" }

# Whether a pool has had nothing to do for a moment: wrk leaves requests behind that wait for a worker.
sub log_quiet {
    my ($pool) = @_;
    my $logged = log_end($pool);
    sleep 0.3;
    return $logged == log_end($pool);
}

# Requests in a pool's log from an offset on: {status => count}, {database waits => count} of one route, and where it ends now.
sub log_read {
    my ($pool, $from, $route) = @_;
    my (%status, %waits);
    open my $in, '<', $s->dir . "/log/$pool.log" or die "the log of $pool: $!\n";
    seek $in, $from, 0;
    while (<$in>) {
        next unless /"event":"request"/;
        my ($status) = /"status":"(\d+)"/ or next;
        $status{$status}++;
        $waits{$1}++ if /"route":"\Q$route\E"/ && /"db_waits":"(\d+)"/;
    }
    return (\%status, \%waits, tell $in);
}

# An organizer of the worked example (5 % + 0.50 a ticket on top, tax 8 % of
# net, reserve 10 %) and an event of his with one type at 50.00.
sub shop_new {
    return $s->shop(organizer => { payout_policy => { reserve_bps => 1000 } }, types => [ [ 'Floor', 5000, 10_000_000 ] ]);
}

# --- the load ---------------------------------------------------------------

# One run of wrk in the background, ended by wrk_end(). Takes script (of
# t/bench), spec (its file), seconds, clients, perf (a file: the whole machine
# is recorded meanwhile).
sub wrk_start {
    my (%o) = @_;
    my @perf = $o{perf} ? ('perf', 'record', '-q', '-a', '-g', '-F', '499', '-o', $o{perf}, '--') : ();
    my @command = (@perf, 'wrk', '-t1', "-c$o{clients}", "-d$o{seconds}s", '--timeout', '30s', '-s', "$BENCH/$o{script}", $s->url, '--', $o{spec});
    open my $out, '-|', @command or die "wrk: $!\n";
    return $out;
}

# {rate, requests, us, p50, p99, max}; dies when wrk did not run.
sub wrk_end {
    my ($out) = @_;
    my $said = do { local $/; <$out> };
    close $out;
    my ($line) = $said =~ /^RESULT (.*)$/m or die "wrk: $said\n";
    my %r = $line =~ /(\w+)=(-?\d+)/g;
    failed("wrk saw $r{bad_status} answers of 4xx or 5xx, $r{broken} broken and $r{late} late connections") if $r{bad_status} || $r{broken} || $r{late};
    return { %r, rate => $r{requests} / ($r{us} || 1) * 1e6 };
}

sub wrk { return wrk_end(wrk_start(@_)) }

# Takes scripts (files), constants {name => value}, role, seconds, clients.
# Gives {rate, requests, all, cpu}: all counts the first seconds too, which
# rate, requests and cpu don't: each of its connections is a new server
# process, which has to compile the functions once; the workers' are kept.
sub pgbench {
    my (%o) = @_;
    my $url = $s->{database_url} =~ s/boxoffice_owner/$o{role}/r;
    my @command = ($PGBENCH, qw(-n -M extended -j 2 -P 1), "-c$o{clients}", '-T' . ($o{seconds} + $COMPILE_S),
        (map { "-f$_" } @{ $o{scripts} }), (map { "-D$_=$o{constants}{$_}" } sort keys %{ $o{constants} }), $url);
    my $pid = open(my $in, '-|') // die "fork: $!\n";
    if (!$pid) { open STDERR, '>&', \*STDOUT; exec @command or die "pgbench: $!\n" }
    sleep $COMPILE_S;
    my $cpu  = cpu_now();
    my $said = do { local $/; <$in> };
    close $in or failed('pgbench: ', join ' | ', map { $_ // () } (grep { /ERROR|DETAIL|CONTEXT|aborted/ } split /\n/, $said)[ 0 .. 2 ]);
    # What a server process used is known when it is no more.
    $s->wait_until(2, sub { !ask(q{select count(*) from pg_stat_activity where application_name = 'pgbench'}) });
    sleep 0.05;
    my $used  = cpu_since($cpu);
    my ($n)   = $said =~ /^number of transactions actually processed: (\d+)/m;
    my ($bad) = $said =~ /^number of failed transactions: (\d+)/m;
    my @rate  = $said =~ /^progress: [\d.]+ s, ([\d.]+) tps/mg;
    splice @rate, 0, $COMPILE_S;
    failed("pgbench: $bad transactions failed") if $bad;
    return { rate => @rate ? sum0(@rate) / @rate : 0, requests => sum0(@rate), all => $n // 0, cpu => $used };
}

# What orders.lua is given. In a file, because it holds a key.
sub orders_spec {
    my ($mode, $again, @shops) = @_;
    my $file = $s->dir . '/secret/orders.spec';
    my $run  = sprintf '%08x', int rand 0xffffffff;
    my $list = join ', ', map { qq({"$_->{event}", "$_->{types}{Floor}") . ($_->{promo} ? qq(, "$_->{promo}"}) : '}') } @shops;
    umask 077;
    spew($file, sprintf qq(return {authorization = "Bearer %s", run = "%s", mode = "%s", shops = {%s}, again = {%s}}\n),
        $s->platform_key, $run, $mode, $list, join ', ', map { qq('$_') } @$again);
    return $file;
}

# --- the report -------------------------------------------------------------

sub rate_line {
    my ($name, $r) = @_;
    progress(sprintf '%s  %7.1f/s%s  others %.0f %% of the machine; CPU %s', $name, $r->{rate},
        $r->{p50} ? sprintf('  p50 %.1f ms  p99 %.1f ms', $r->{p50} / 1000, $r->{p99} / 1000) : '', others($r), cpu_line($r));
    return $r;
}

sub row {
    my ($what, $value, $aim, $met) = @_;
    return sprintf("%-32s %-50s %s", $what, $value, $aim ? sprintf '%-9s %s', $aim, $met ? 'met' : 'MISSED' : '') =~ s/ +$//r . "\n";
}

sub listed { my ($format, @v) = @_; return join '  ', map { sprintf $format, $_ } @v }

# What of one list of runs is to the other, pair by pair.
sub quotients { my ($ours, $limit) = @_; return map { $limit->[$_]{rate} ? $ours->[$_]{rate} / $limit->[$_]{rate} : 0 } 0 .. $#$ours }

1;
