package Sessions;

# Several database sessions of one test, driven step by step, for races whose
# order must be known; and processes let loose at one instant, for those whose
# order must not.
#
#     my $s = Sessions->new(qw(a b));            # each has begun a transaction
#     $s->do(a => 'select app.order_pay(…)');
#     $s->send(b => 'select app.order_cancel(…)');
#     ok $s->waits('b');                         # blocked by another's lock
#     $s->commit('a');
#     is $s->answer('b'), 'BX020';               # its SQLSTATE, or its first row
#
# In every session there are the functions of shop.sql, and the shop is there.

use strict;
use warnings;
use DBI;
use DBD::Pg qw(:async);
use File::Basename qw(dirname);
use Stack;
use Time::HiRes qw(sleep time);
use Together qw(together);

my $HERE = dirname(__FILE__);

sub new {
    my ($class, @names) = @_;
    my $self = bless { stack => Stack->up(db_only => 1) }, $class;
    open my $in, '<', "$HERE/shop.sql" or die "shop.sql: $!\n";
    my $text = do { local $/; <$in> };
    my ($functions, $shop) = $text =~ /\A(.*?)^(do \$\$ begin\n.*)\z/ms or die "shop.sql does not end with the block that makes the shop\n";
    $self->{functions} = "set client_min_messages = warning; $functions";
    for my $name ('admin', @names) {
        $self->{db}{$name} = $self->connect('boxoffice_owner');
        $self->{db}{$name}->do($self->{functions});
    }
    $self->{db}{admin}->do($shop);
    $self->{db}{$_}->begin_work for @names;
    return $self;
}

# A connection as a role, for the process that asks.
sub connect {
    my ($self, $role) = @_;
    my ($db, $host) = $self->{stack}{database_url} =~ m{@/(\w+)\?host=(.+)};
    my $dbh = DBI->connect("dbi:Pg:dbname=$db;host=$host", $role, '',
        { RaiseError => 1, PrintError => 0, AutoCommit => 1, AutoInactiveDestroy => 1, pg_server_prepare => 0 });
    # Where a guard is missing the steps wait for each other: that must end as a failure.
    $dbh->do(q{set statement_timeout = '30s'});
    return $dbh;
}

sub admin { $_[0]{db}{admin} }
sub row   { my ($self, @ask) = @_; return _words($self->admin->selectrow_array(@ask)) }

# A function that returns nothing answers ''.
sub _words { return @_ == 1 ? $_[0] // '' : join ' ', map { $_ // 'null' } @_ }

# Runs a statement to its end: its first row as words, or its SQLSTATE.
sub do {
    my ($self, $name, $sql) = @_;
    my @row = eval { $self->{db}{$name}->selectrow_array($sql) };
    return $self->{db}{$name}->state if $@;
    return _words(@row);
}

sub send {
    my ($self, $name, $sql) = @_;
    $self->{sth}{$name} = $self->{db}{$name}->prepare($sql, { pg_async => PG_ASYNC });
    return $self->{sth}{$name}->execute;
}

# Whether it comes to stand before a lock, within five seconds.
sub waits {
    my ($self, $name) = @_;
    my $dbh = $self->{db}{$name};
    for (my $end = time + 5; time < $end; sleep 0.01) {
        return 0 if $dbh->pg_ready;
        return 1 if $self->admin->selectrow_array('select cardinality(pg_blocking_pids(?)) > 0', undef, $dbh->{pg_pid});
    }
    return 0;
}

# What came of a statement that was sent, within ten seconds.
sub answer {
    my ($self, $name) = @_;
    my $dbh = $self->{db}{$name};
    for (my $end = time + 10; !$dbh->pg_ready; sleep 0.01) { return 'no answer' if time > $end }
    my $sth = delete $self->{sth}{$name};
    return $dbh->state if !eval { $dbh->pg_result; 1 };
    my @row = $sth->fetchrow_array;
    $sth->finish;
    return _words(@row);
}

sub commit   { my ($self, @names) = @_; for (@names) { $self->{db}{$_}->commit;   $self->{db}{$_}->begin_work } }
sub rollback { my ($self, @names) = @_; for (@names) { $self->{db}{$_}->rollback; $self->{db}{$_}->begin_work } }

# Runs the code in n processes released at one instant, each with a connection
# as the role, and gives what they returned (JSON-able); { died => why } of one that dies.
sub loose {
    my ($self, $n, $role, $code) = @_;
    return together($n, sub { srand(1000 + $_[0]); $self->connect($role) }, $code);
}

sub DESTROY {
    my ($self) = @_;
    $_->disconnect for grep { $_ } values %{ delete $self->{db} || {} };
}

1;
