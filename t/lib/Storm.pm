package Storm;

# For tests that let things go wrong while requests are under way.
#
#     my $later = later(sub { $s->buy(...) });   # runs now, in a process of its own
#     kill 'KILL', worker_of_attempt($s);        # what goes wrong meanwhile
#     my $order = answer($later);                # waits for it
#     sound($s, 'after the storm');              # what must be true of every order
#
# sound() asks the database as its owner for what no order may be, whatever
# has happened to it; Stack's books_ok compares with the gateway.

use strict;
use warnings;
use JSON::PP;
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

use Exporter 'import';
our @EXPORT = qw(later answer sound settled one_value percentile uuid_of);

# Runs the code beside us; what it returns (JSON-able) is what answer() gives.
sub later {
    my ($code) = @_;
    pipe my $in, my $out or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        close $in;
        srand($$ ^ time);
        my $result = eval { [ scalar $code->() ] } || [ { died => "$@" } ];
        print {$out} JSON::PP->new->encode($result);
        close $out;
        POSIX::_exit(0);
    }
    close $out;
    return { pid => $pid, in => $in };
}

sub answer {
    my ($later) = @_;
    my $text = do { local $/; readline $later->{in} };
    waitpid $later->{pid}, 0;
    return eval { JSON::PP->new->decode($text)->[0] } // { died => "it answered nothing (status $?)" };
}

sub one_value { my ($s, $sql, @bind) = @_; return scalar $s->dbh->selectrow_array($sql, undef, @bind) }

# The uuid inside an id like ord_01m8...
sub uuid_of {
    my ($id) = @_;
    my %digit = do { my $n = 0; map { $_ => $n++ } split //, '0123456789abcdefghjkmnpqrstvwxyz' };
    my $bits = join '', map { sprintf '%05b', $digit{$_} } split //, (split /_/, $id)[1];
    return join '-', unpack 'A8 A4 A4 A4 A12', unpack 'H*', pack 'B128', substr $bits, 2;
}

# Waits until no charge is undecided.
sub settled {
    my ($s, $seconds) = @_;
    return $s->wait_until($seconds, sub { !one_value($s, q{select count(*) from app.payments where state in ('sending', 'unknown')}) });
}

sub percentile { my ($p, @values) = @_; return (sort { $a <=> $b } @values)[ int($p * $#values + 0.5) ] }

my @never = (
    [ 'an order without an end' => q{select id from app.orders where status = 'processing'} ],
    [ 'an order with two charges' => q{select order_id from app.payments where state = 'succeeded' group by 1, org having count(*) > 1} ],
    [ 'a paid order without its charge' => q{select o.id from app.orders o where o.status = 'paid' and o.total > 0
        and not exists (select from app.payments p where p.org = o.org and p.order_id = o.id and p.state = 'succeeded' and p.amount = o.total)} ],
    [ 'a charge without a paid order' => q{select p.id from app.payments p join app.orders o on o.org = p.org and o.id = p.order_id
        where p.state = 'succeeded' and o.status <> 'paid'} ],
    [ 'a paid order without its one entry' => q{select o.id from app.orders o where o.status = 'paid' and o.list > 0
        and (select array_agg(e.effect || coalesce(e.amounts[array_position(e.accounts, 'gateway_clearing')], 0)) from ledger.entries e
             where e.org = o.org and e.order_id = o.id) is distinct from array['sale' || o.total]} ],
    [ 'an entry of an order not paid' => q{select e.id from ledger.entries e join app.orders o on o.org = e.org and o.id = e.order_id
        where o.status <> 'paid'} ],
    [ 'tickets that are not the order\'s' => q{select o.id from app.orders o where
        (select count(*) from app.tickets t where t.org = o.org and t.order_id = o.id) <>
        case when o.status = 'paid' then (select sum(quantity) from app.order_lines l where l.org = o.org and l.order_id = o.id) else 0 end} ],
    [ 'a ticket lost or sold twice' => q{select t.id from app.ticket_types t where t.quantity <>
        (select sum(remaining) from app.ticket_buckets b where b.org = t.org and b.type_id = t.id) +
        (select coalesce(sum(l.quantity), 0) from app.order_lines l join app.orders o on o.org = l.org and o.id = l.order_id
         where l.org = t.org and l.type_id = t.id and o.status in ('held', 'processing', 'paid'))} ],
    [ 'a paid order that nobody hears of' => q{select o.id from app.orders o where o.status = 'paid'
        and (select count(*) from ops.outbox b where b.org = o.org and b.object_id = o.id and b.type = 'order.paid') <> 1} ],
    [ 'a held order that never expires' => q{select o.id from app.orders o where o.status = 'held'
        and not exists (select from ops.jobs j where j.org = o.org and j.object_id = o.id and j.kind = 'order_expire' and j.buried_at is null)} ],
    [ 'a buried job' => q{select object_id from ops.jobs where buried_at is not null} ],
);

sub sound {
    my ($s, $when, $seconds) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    settled($s, $seconds // 45);
    my @found;
    for my $never (@never) {
        my $ids = $s->dbh->selectcol_arrayref($never->[1]);
        push @found, "$never->[0]: @$ids[0 .. ($#$ids > 4 ? 4 : $#$ids)]" if @$ids;
    }
    return Test::More::is(join("\n", @found), '', "$when, every order is what it says in every table");
}

1;
