# An answer of the gateway that ends half-way, drips, is held back or never comes decides nothing by itself: no order is charged twice, each ends paid or held, and the
# books agree.
# A relay before the gateway does it to the TLS bytes of charges and of look-ups alike: to those of an answer, and to those of a handshake, after which nothing was sent.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Relay;
use Stack;
use Storm;

my $deadline = 1.5;
my $asked    = 800;     # a client's handshake is shorter, handshake and question are longer
my $s = Stack->up(pay => 6, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1000 * $deadline, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000,
    BOXOFFICE_RATE_PAY_PER_MINUTE => 100000 });
my $shop  = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $relay = Relay->new(to => $s->sandbox_url =~ s{^https://}{}r);
$s->{opt}{env}{BOXOFFICE_GATEWAY_URL} = 'https://127.0.0.1:' . $relay->port;
for my $part (qw(pay jobs)) { $s->stop($part); $s->start($part) }

my $place = sub {
    my ($key) = @_;
    my $token = $key =~ /decline/ ? 'tok_declined' : 'tok_visa';
    my $got = $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => $token), idem => $key);
    return ("$got->{status} " . ($got->{json}{code} // $got->{json}{status} // ''), $got);
};
my (@keys, %met);

# The keys, each once and all at once; gives how often each answer was met.
sub all_at_once {
    my ($what, $n) = @_;
    my @new = map { "$what-$_" . ($_ % 4 ? '' : '-decline') } 1 .. $n;
    my @got = $s->parallel(scalar @new, sub { my ($said) = $place->($new[ $_[0] ]); return [$said] });
    my %seen;
    $seen{ ref eq 'ARRAY' ? $_->[0] : $_->{died} }++ for @got;
    $met{$_} += $seen{$_} for keys %seen;
    push @keys, @new;
    note "$what: " . join ', ', map { "$_ ($seen{$_})" } sort keys %seen;
    return \%seen;
}

is_deeply all_at_once(whole => 8), { '201 paid' => 6, '402 card_declined' => 2 }, 'the workers speak through the relay';
my @short = grep { $_->[0] < $asked + 50 } $relay->sizes;
is_deeply \@short, [], "a question ends after $asked bytes: " . join ', ', map { $_->[0] } $relay->sizes;

# --- half answers, to charges and to look-ups -----

$relay->does(half => after => [ 0, 800 ], asked => $asked, every => 2);
all_at_once("half-$_", 16) for 1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 40 : 3);
cmp_ok $met{'202 processing'} // 0, '>', 5, 'callers whose answer was cut are told that it is under way';
$relay->does(half => after => [ 0, 2500 ], every => 2);
all_at_once("half-handshake-$_", 16) for 1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 10 : 1);
cmp_ok $relay->done('half'), '>', 20, 'answers were cut (' . $relay->done('half') . ')';
$relay->does(half => after => [ 0, 1500 ], asked => $asked, every => 4);    # three in a row come whole: what is not found is given up then
ok settled($s, 60), 'every charge is decided, by look-ups some of whose answers are cut as well';
sound($s, 'after half answers');

# --- drips: slow ones that end in time, and ones that do not -----

my $in_time = sub { my ($seen, $what) = @_; is_deeply [ grep { !/^(?:201 paid|402 card_declined)$/ } keys %$seen ], [], "$what counts" };
my $not_in_time = sub {
    my ($seen, $what) = @_;
    is_deeply [ keys %$seen ], ['202 processing'], "nobody guesses, when $what";
};
$relay->does(drip => bytes => 40, ms => 20, asked => $asked);
$in_time->(all_at_once(drip => 12), 'an answer that drips in within the deadline');
$relay->does(drip => bytes => 3, ms => 25, asked => $asked);
my $began = time;
$not_in_time->(all_at_once('slow-drip' => 6), 'it drips too slowly');
cmp_ok time - $began, '<', $deadline + 1.5, 'and nobody waits for it longer than the deadline';
$relay->does(drip => bytes => 9, ms => 40, from => 'client');
is_deeply [ keys %{ all_at_once('slow-ask' => 6) } ], ['503 gateway_unavailable'], 'a handshake that drips out too slowly sends nothing';
cmp_ok $relay->done('drip'), '>=', 24, 'bytes dripped on ' . $relay->done('drip') . ' connections';

# --- held and swallowed -----

$relay->does(hold => ms => 300, asked => $asked);
$in_time->(all_at_once(hold => 6), 'an answer that is held for a while');
$relay->does(hold => ms => 1000 * $deadline + 300, asked => $asked, from => 'client');
$not_in_time->(all_at_once('late-ask' => 6), 'the question arrives after nobody waits any more');
$relay->does(blackhole => asked => $asked);
$not_in_time->(all_at_once('swallowed' => 6), 'the answer is swallowed');
$relay->does(blackhole => asked => $asked, from => 'client');
$not_in_time->(all_at_once('unasked' => 6), 'the question is');
cmp_ok $relay->done('hold') + $relay->done('blackhole'), '>=', 24, 'bytes were held and swallowed';

# --- at the end -----

$relay->does('pass');
ok settled($s, 60), 'every charge is decided';
sound($s, 'before any key is repeated');
is one_value($s, q{select count(*) from app.orders where status not in ('paid', 'held')}), 0, 'every order is paid or held';
my %state = map { @$_ } @{ $s->dbh->selectall_arrayref('select state, count(*) from app.payments group by 1') };
note join ', ', map { "$_ ($state{$_})" } sort keys %state;
cmp_ok one_value($s, q{select count(*) from app.payments where state = 'succeeded' and lookups > 0}), '>', 5, 'some charges were found by looking them up';
is join(', ', grep { !/^(?:201 paid|202 processing|402 card_declined|503 gateway_unavailable)$/ } sort keys %met), '', 'callers met answers and "not yet" only';

my @odd = $s->parallel(8, sub {
    my ($n) = @_;
    my @wrong;
    for my $i (grep { $_ % 8 == $n } 0 .. $#keys) {
        my ($want, $said) = ($keys[$i] =~ /decline/ ? '402 card_declined' : '201 paid');
        $s->wait_until(20, sub { ($said) = $place->($keys[$i]); $said eq $want });
        push @wrong, "$keys[$i]: $said" if $said ne $want;
    }
    return \@wrong;
});
is join(', ', map { ref eq 'ARRAY' ? @$_ : $_->{died} } @odd), '', 'every key goes on to a paid order, or to its decline';
is one_value($s, 'select count(*) from app.orders'), scalar @keys, 'one for each key';

$s->books_ok;
sound($s, 'at the end');
done_testing;
