# With the gateway away nothing is sent and the order stays held for the same key; with the gateway silent everything but paying answers as fast as ever.
# The sandbox's nginx is stopped and started, then its gateway told to hang, with one worker in the pool that pays.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s = Stack->up(pay => 1, api => 2, sandbox_sync => 0,
    env => { BOXOFFICE_CALL_DEADLINE_MS => 1000, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000, BOXOFFICE_HOLD_SECONDS => 100 });
my $shop    = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my $charges = sub { join ' ', map { $_->{status} } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $order   = sub { my ($key, $token) = @_; $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => $token // 'tok_visa'),
    idem => $key) };
my $pay     = sub { my ($id, $key) = @_; $s->call(POST => "/v1/orders/$id/pay", { payment_token => 'tok_visa' }, idem => $key) };

sub unavailable {
    my ($got, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$got->{status} " . ($got->{json}{code} // $got->{body}), '503 gateway_unavailable', $what;
    cmp_ok $got->{headers}{'retry-after'} // 0, '>', 0, "$what, to be asked again later";
    is "$got->{json}{retryable} $got->{json}{order}{status} $got->{json}{order}{payments}[-1]{status}", '1 held failed', "$what, with the held order";
    return $got->{json}{order}{id};
}

# --- away -------------------------------------------------------------------

my $held = $s->buy($shop, { Floor => 1 })->{json}{id};
$s->stop('sandbox-nginx');
my $id = unavailable($order->('a'), 'a new order without a gateway');
unavailable($pay->($held, 'b'), 'a payment without a gateway');
is unavailable($order->('a'), 'the same key again'), $id, 'is the same order';
my $lapsed = unavailable($order->('c'), 'a third order');
is $s->must(GET => "/v1/orders/$id")->{status}, 'held', 'the order is held for everyone to see';
is $s->buy($shop, { Floor => 1 })->{status}, 201, 'holding needs no gateway';
unavailable($order->($_), "order $_, by now without a try") for 'd' .. 'f';
my $began = time;
$order->('g');
cmp_ok time - $began, '<', 0.5, 'is refused at once';
$s->start('sandbox-nginx');
sleep 1.2;    # until the breaker lets a call try

my $paid = $order->('a');
is "$paid->{status} $paid->{json}{id} $paid->{json}{status}", "201 $id paid", 'when the gateway is back the same key pays the same order';
is $order->('a')->{body}, $paid->{body}, 'and answers that from then on';
is $charges->($id), 'approved', 'one charge was made';
$paid = $pay->($held, 'b');
is "$paid->{status} $paid->{json}{status}", '200 paid', 'so does the key of a payment';
is $charges->($held), 'approved', 'with one charge';
is one_value($s, 'select count(*) from app.orders'), 8, 'no key made two orders';
$s->advance_clock(101);
my $late = $order->('c');
is "$late->{status} $late->{json}{code}", '409 order_expired', 'a key whose order has expired meanwhile is told so';
is $charges->($lapsed), '', 'and nothing was charged';

# --- silent -----------------------------------------------------------------

my $shown = $s->buy($shop, { Floor => 1 })->{json}{id};
my $look  = sub {
    my @ms;
    for (1 .. $_[0]) { my $t = time; $s->must(GET => "/v1/orders/$shown"); push @ms, 1000 * (time - $t) }
    return @ms;
};
my $before = percentile(0.9, $look->(60));
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'timeout', count => 100 });
my @paying = map { my $n = $_; later(sub { my $t = time; my $got = $order->("hang-$n"); $got->{seconds} = time - $t; $got }) } 1 .. 8;
sleep 0.5;
my $during = percentile(0.9, $look->(60));
cmp_ok $during, '<', 3 * $before + 50, sprintf 'while the gateway hangs a GET takes no longer (90 %% within %.1f ms, before %.1f ms)', $during, $before;
is $s->call(GET => '/readyz', undef, key => undef)->{status}, 200, 'and the house is ready';
is $s->call(POST => "/v1/orders/$shown/cancel")->{json}{status}, 'cancelled', 'cancelling works';
my @got = map { answer($_) } @paying;
my %seen;
$seen{"$_->{status} " . ($_->{json}{code} // $_->{json}{status})}++ for @got;
is join(', ', sort keys %seen), '202 processing, 503 gateway_unavailable', 'payments are unknown, then refused without a try' or diag explain \%seen;
cmp_ok $seen{'202 processing'}, '>=', 5, 'after five in a row that timed out';
my ($slowest) = sort { $b <=> $a } map { $_->{seconds} } @got;
cmp_ok $slowest, '<', 7.5, 'so that the queue behind them is short';
$s->sandbox(DELETE => '/sandbox/faults');
sleep 1.2;
my $works = $order->('after');
is "$works->{status} $works->{json}{status}", '201 paid', 'when it answers again the next payment is made';

$s->books_ok;
sound($s, 'at the end');
for my $n (1 .. 8) {
    my $got = $order->("hang-$n");
    push @{ $seen{end} }, "$got->{status} $got->{json}{status}";
}
is_deeply $seen{end}, [ ('201 paid') x 8 ], 'every key that met silence or refusal ends with its paid order';
$s->books_ok;
done_testing;
