# A payment whose answer is lost is 202 until it is known, then what the gateway's books say: paid with exactly one charge, or held again with none.
# Every way to lose an answer runs beside the others on one stack, and each key is repeated before and after the outcome.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s    = Stack->up(webhooks => 0, pay => 12, sandbox_sync => 0);
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my $charges = sub { join ' ', map { $_->{status} } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $fault   = sub { my ($kind, %more) = @_; $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $kind, count => 1, %more }) };

sub send_it {
    my ($case) = @_;
    return $case->{order} ? $s->call(POST => "/v1/orders/$case->{order}/pay", { payment_token => $case->{token} }, idem => $case->{key})
        : $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 2 }, payment_token => $case->{token}), idem => $case->{key});
}

# name, token, fault, the status of a known success (201 new order, 200 pay), what it ends as
my @cases = map { { name => $_->[0], token => $_->[1], fault => $_->[2], good => $_->[3], ends => $_->[4], key => "lost-$_->[0]" =~ tr/ /-/r } } (
    [ 'a connection dropped after the charge',           'tok_lost_after',  undef, 201, 'paid' ],
    [ 'a 500 after the charge',                          'tok_500_after',   undef, 201, 'paid' ],
    [ 'nonsense after the charge',                       'tok_garbage',     undef, 201, 'paid' ],
    [ 'a pay call dropped after the charge',             'tok_lost_after',  undef, 200, 'paid' ],
    [ 'a pay call with a 500 after the charge',          'tok_500_after',   undef, 200, 'paid' ],
    [ 'a pay call with nonsense after the charge',       'tok_garbage',     undef, 200, 'paid' ],
    [ 'a decline dropped',                               'tok_declined',    'drop_after', 201, 'declined' ],
    [ 'a connection dropped before the charge',          'tok_lost_before', undef, 201, 'held' ],
    [ 'a pay call dropped before the charge',            'tok_lost_before', undef, 200, 'held' ],
    [ 'a gateway that is too busy',                      'tok_visa',        '429', 201, 'held' ],
);
my $sent = time;
for my $case (@cases) {
    $case->{order} = $s->buy($shop, { Floor => 2 })->{json}{id} if $case->{good} == 200;
    $fault->($case->{fault}) if $case->{fault};
    my $got = send_it($case);
    is "$got->{status} " . ($got->{json}{status} // $got->{body}), '202 processing', "$case->{name}: the outcome is not known";
    $case->{id} = $got->{json}{id};
    my $again = send_it($case);
    is "$again->{status} $again->{json}{id} $again->{json}{status}", "202 $case->{id} processing", "$case->{name}: nor when the key is repeated at once"
        unless $again->{status} == $case->{good};    # it may be known already
    next if $again->{status} == $case->{good};
    my $other = $s->call(POST => "/v1/orders/$case->{id}/pay", { payment_token => 'tok_visa' });
    ok $other->{status} == 409 && $other->{json}{code} =~ /^(?:payment_in_progress|order_already_paid)$/,
        "$case->{name}: nobody else may pay meanwhile ($other->{json}{code})";
}

# Silence: the worker gives up after its deadline, the charge was made.
$fault->('timeout');
my $silent = { name => 'silence after the charge', token => 'tok_visa', good => 201, ends => 'paid', key => 'lost-silence' };
my $waiting = later(sub { send_it($silent) });
sleep 0.3;    # the fault is taken by the call that it is meant for
# And a gateway that books the charge long after we gave up waiting, when three look-ups have found nothing.
$fault->('delay', delay_ms => 14_000);
my $late = { name => 'a charge booked after three look-ups', token => 'tok_visa', good => 201, ends => 'paid', key => 'lost-late' };
my $lingering = later(sub { send_it($late) });
sleep 0.3;
my $slow = later(sub { my $began = time; my $got = send_it({ token => 'tok_slow', key => 'slow' }); $got->{seconds} = time - $began; $got });
sleep 0.3;
my $running = send_it({ token => 'tok_slow', key => 'slow' });
is "$running->{status} $running->{json}{code} $running->{headers}{'retry-after'}", '409 idempotency_in_progress 1',
    'while the first run waits, its key is told to come again';
my $got = answer($slow);
is "$got->{status} $got->{json}{status}", '201 paid', 'a gateway that takes three seconds is waited for';
cmp_ok $got->{seconds}, '>', 2.9, 'that long';
is $charges->($got->{json}{id}), 'approved', 'and charges once';
$got = answer($waiting);
is "$got->{status} $got->{json}{status}", '202 processing', "$silent->{name}: the outcome is not known";
push @cases, { %$silent, id => $got->{json}{id} };
$got = answer($lingering);
is "$got->{status} $got->{json}{status} " . $charges->($got->{json}{id}), '202 processing ', "$late->{name}: the outcome is not known, and there is none";
push @cases, { %$late, id => $got->{json}{id} };

for my $case (grep { $_->{ends} ne 'held' } @cases) {
    my $status = $case->{ends} eq 'paid' ? 'paid' : 'held';
    ok $s->wait_until(30, sub { $s->must(GET => "/v1/orders/$case->{id}")->{status} eq $status }), "$case->{name}: the order ends $status";
    is $charges->($case->{id}), $case->{ends} eq 'paid' ? 'approved' : 'declined', "$case->{name}: the gateway has exactly that";
    my $want = $case->{ends} eq 'paid' ? $case->{good} : 402;
    my @again = map { send_it($case) } 1, 2;
    is "$again[0]{status} " . ($again[0]{json}{status} eq '402' ? $again[0]{json}{order}{status} : $again[0]{json}{status}), "$want $status",
        "$case->{name}: the key then answers $want";
    is $again[1]{body}, $again[0]{body}, "$case->{name}: and the same bytes from then on";
    is $again[0]{headers}{'idempotent-replayed'}, 'true', "$case->{name}: which it says";
    is_deeply $again[0]{json}, $s->must(GET => "/v1/orders/$case->{id}"), "$case->{name}: the order as it is" if $case->{ends} eq 'paid';
    next if $case->{ends} ne 'paid';
    my ($entry)  = @{ $s->must(GET => "/v1/ledger/entries?order=$case->{id}", undef, key => 'admin')->{data} };
    my ($charge) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$case->{id}")->{json}{data} };
    my %second   = map { (substr($_, 0, 19) => 1) } $charge->{created_at}, $again[0]{json}{created_at};
    ok $second{ substr $entry->{occurred_at}, 0, 19 }, "$case->{name}: the entry says when the gateway charged, not when we heard of it"
        or diag("$entry->{occurred_at}, not $charge->{created_at}; recorded $entry->{recorded_at}");
}

for my $case (grep { $_->{ends} eq 'held' } @cases) {
    ok $s->wait_until($sent + 40 - time, sub { $s->must(GET => "/v1/orders/$case->{id}")->{status} eq 'held' }), "$case->{name}: the order is held again within 40 s";
    is $charges->($case->{id}), '', "$case->{name}: and nothing was charged";
    my $order = $s->must(GET => "/v1/orders/$case->{id}");
    is "$order->{payments}[0]{status} @{$order->{tickets}}", 'failed ', "$case->{name}: its payment has failed";
}
my ($first, $second, $busy) = grep { $_->{ends} eq 'held' } @cases;
$got = $s->call(POST => "/v1/orders/$first->{id}/pay", { payment_token => 'tok_visa' });
is "$got->{status} $got->{json}{status}", '200 paid', 'what was not charged can be paid with another key';
is $charges->($first->{id}), 'approved', 'once';
$got = send_it($busy);
is "$got->{status} $got->{json}{id} $got->{json}{status}", "201 $busy->{id} paid", 'or with its own key, which goes on with its order';
is send_it($busy)->{body}, $got->{body}, 'and answers the same bytes from then on';
$got = $s->call(POST => "/v1/orders/$second->{id}/cancel");
is $got->{json}{status}, 'cancelled', 'or be cancelled';
$got = send_it($second);
is "$got->{status} $got->{json}{code}", '409 order_expired', 'and its key then says so';

$s->books_ok;
sound($s, 'at the end');
done_testing;
