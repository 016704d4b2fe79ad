package Storm;

# For tests that let things go wrong while requests are under way.
#
#     my $later = later(sub { $s->buy(...) });   # runs now, in a process of its own
#     kill 'KILL', worker_of_attempt($s);        # what goes wrong meanwhile
#     my $order = answer($later);                # waits for it
#     sound($s, 'after the storm');              # what must be true of every order
#
# sound() asks the database as its owner for what no order may be, whatever
# has happened to it; Stack's books_ok compares with the gateway. books_hash()
# stands for all that money has done, whichever way it came about.
#
#     my $code = storm_code($s, $shop);          # that all may use; sound() asks whether it is counted
#     is(slots_left($s), 99_990, 'ten uses');    # of it, from 100,000
#
#     my $copy = cold_copy($s);                  # of the database, as a base backup has it
#     put_back($s, $copy);                       # what came later never was

use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp ();
use JSON::PP;
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

use Exporter 'import';
our @EXPORT = qw(later answer sound settled storm_code slots_left one_value percentile uuid_of books_hash cold_copy put_back);

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

# 10 % off for whoever asks, 100,000 times.
sub storm_code {
    my ($s, $shop) = @_;
    return $s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'STORM', max_redemptions => 100_000, budget_amount => 10**12,
        discount => { type => 'percent', percent_bps => 1000 } })->{code};
}
sub slots_left { return one_value($_[0], q{
    select sum(b.uses) from app.promo_buckets b join app.promo_codes p on p.org = b.org and p.id = b.promo_id where p.code = 'STORM'}) }

# Waits until no charge is undecided and no late money is still here.
sub settled {
    my ($s, $seconds) = @_;
    return $s->wait_until($seconds, sub { !one_value($s, q{select count(*) from app.payments where state in ('sending', 'unknown', 'late_approved')}) });
}

# What money has done, in a hash: attempts that captured or gave back anything, orders, entries. The ids that a
# refund and an entry get by chance don't count. books_hash($s, 'text') gives the lines themselves.
sub books_hash {
    my ($s, $text) = @_;
    my $lines = join "\n", map { @{ $s->dbh->selectcol_arrayref($_) } }
        q{select 'payment ' || concat_ws(' ', case kind when 'charge' then reference end, kind, state, amount, currency) from app.payments
          where state not in ('declined', 'not_sent', 'not_found_final') order by 1},
        q{select 'order ' || concat_ws(' ', id, status, total) from app.orders order by 1},
        q{select 'entry ' || concat_ws(' ', order_id, effect, currency, accounts::text, amounts::text) from ledger.entries order by 1};
    return $text ? $lines : sha256_hex($lines);
}

# A copy of the stopped database's files. All but Redis and the gateway stop for it; they run again afterwards.
sub cold_copy {
    my ($s) = @_;
    my $copy = File::Temp->newdir('bx-copy-XXXXXX', DIR => '/var/tmp');
    _while_stopped($s, sub { _copy(readlink($s->dir . '/pg') // $s->dir . '/pg', "$copy") });
    return $copy;
}

sub put_back {
    my ($s, $copy) = @_;
    my $pg = readlink($s->dir . '/pg') // $s->dir . '/pg';
    _while_stopped($s, sub { system("find '$pg' -mindepth 1 -delete") == 0 or die "the database's files stay\n"; _copy("$copy", $pg) });
}

sub _copy { my ($from, $to) = @_; system('cp', '-a', '--reflink=auto', "$from/.", $to) == 0 or die "$from could not be copied\n" }

sub _while_stopped {
    my ($s, $code) = @_;
    my @programs = qw(jobs hook pay api);
    $_->disconnect for grep { $_ } delete $s->{dbh};
    $s->stop($_) for @programs, 'postgres';
    $code->();
    $s->start($_) for 'postgres', reverse @programs;
    my $ready = $s->wait_until(20, sub { $s->call(GET => '/readyz', undef, key => undef)->{status} == 200 });
    die "the programs did not come back\n" if !$ready;
}

sub percentile { my ($p, @values) = @_; return (sort { $a <=> $b } @values)[ int($p * $#values + 0.5) ] }

my @never = (
    [ 'an order without an end' => q{select id from app.orders where status = 'processing'} ],
    [ 'an order with two charges' => q{select order_id from app.payments where state = 'succeeded' and kind = 'charge'
        group by 1, org having count(*) > 1} ],
    [ 'a paid order without its charge' => q{select o.id from app.orders o where o.paid_at is not null and o.total > 0
        and not exists (select from app.payments p where p.org = o.org and p.order_id = o.id and p.kind = 'charge'
        and p.state = 'succeeded' and p.amount = o.total)} ],
    [ 'a charge without a paid order' => q{select p.id from app.payments p join app.orders o on o.org = p.org and o.id = p.order_id
        where p.state = 'succeeded' and p.kind = 'charge' and o.paid_at is null} ],
    [ 'a paid order without its one entry' => q{select o.id from app.orders o where o.paid_at is not null and o.list > 0
        and (select array_agg(e.effect || coalesce(e.amounts[array_position(e.accounts, 'gateway_clearing')], 0)) from ledger.entries e
             where e.org = o.org and e.order_id = o.id and e.effect not in ('matured', 'reserve_released', 'unplaced_capture', 'refund_settled', 'refund_unsettled'))
        is distinct from array['sale' || o.total]} ],
    [ 'an entry of an order not paid' => q{select e.id from ledger.entries e join app.orders o on o.org = e.org and o.id = e.order_id
        where o.paid_at is null and e.effect not in ('unplaced_capture', 'refund_settled', 'refund_unsettled')} ],
    [ 'late money without its one entry' => q{select p.id from app.payments p where (p.state in ('late_approved', 'voided') or p.kind = 'refund'
        and p.state = 'succeeded') and (select array_agg(e.effect || e.amounts[array_position(e.accounts, 'gateway_clearing')])
             from ledger.entries e where e.org = p.org and e.object_id = p.id) is distinct from
        array[case p.kind when 'charge' then 'unplaced_capture' || p.amount else 'refund_settled' || -p.amount end]} ],
    [ 'an entry of late money that never was' => q{select e.id from ledger.entries e where e.effect in ('unplaced_capture', 'refund_settled')
        and not exists (select from app.payments p where p.org = e.org and p.id = e.object_id and (p.state in ('late_approved', 'voided')
            or p.kind = 'refund' and p.state = 'succeeded'))} ],
    [ 'late money not given back once' => q{select p.id from app.payments p where p.state in ('late_approved', 'voided')
        and (select array_agg(r.amount) from app.payments r where r.org = p.org and r.capture_id = p.id and r.kind = 'refund'
             and r.state = 'succeeded') is distinct from array[p.amount]} ],
    [ 'tickets that are not the order\'s' => q{select o.id from app.orders o where
        (select count(*) from app.tickets t where t.org = o.org and t.order_id = o.id) <>
        case when o.paid_at is not null then (select sum(quantity) from app.order_lines l where l.org = o.org and l.order_id = o.id) else 0 end} ],
    [ 'a ticket lost or sold twice' => q{select t.id from app.ticket_types t where t.quantity <>
        (select sum(remaining) from app.ticket_buckets b where b.org = t.org and b.type_id = t.id) +
        (select coalesce(sum(l.quantity), 0) from app.order_lines l join app.orders o on o.org = l.org and o.id = l.order_id
         where l.org = t.org and l.type_id = t.id and (o.status in ('held', 'processing') or o.paid_at is not null))} ],
    [ 'a paid order that nobody hears of' => q{select o.id from app.orders o where o.paid_at is not null
        and (select count(*) from ops.outbox b where b.org = o.org and b.object_id = o.id and b.type = 'order.paid') <> 1} ],
    [ 'a held order that never expires' => q{select o.id from app.orders o where o.status = 'held'
        and not exists (select from ops.jobs j where j.org = o.org and j.object_id = o.id and j.kind = 'order_expire' and j.buried_at is null)} ],
    [ 'a use of a promo code lost or counted twice' => q{select object || ' ' || detail from ops.broken_promo_counted(5)} ],
    [ 'a buried job' => q{select object_id from ops.jobs where buried_at is not null} ],
    [ 'a buried event' => q{select event_id from app.webhook_events where state = 'buried'} ],
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
