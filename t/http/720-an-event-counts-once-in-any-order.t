# An event has one row and one effect however often, in whatever order and how late it comes, with Redis as it likes; the books are the same to the last entry.
# One event fifty times at once; then more than a thousand of the sandbox's, of charges whose answers were lost, again twice and shuffled, and 71 h later.
use strict;
use warnings;
use Hook;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 8, hook => 4, api => 1, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_HORIZON_MS => 1200000 });
my $shop   = $s->shop(types => [ [ Floor => 5000, 100_000 ] ]);
my $hook   = Hook->new($s);
my $redis  = sub { system("redis-cli -s @{[ readlink($s->dir . '/run') // $s->dir . '/run' ]}/redis.sock @_ >/dev/null") == 0 or die "redis-cli @_ failed\n" };
my $events = sub { $s->sandbox(GET => '/sandbox/webhooks')->{json} };

# Nothing is under way: all is delivered, looked at and settled, and every capture of the gateway is known here.
sub quiet {
    my ($seconds) = @_;
    return $s->wait_until($seconds, sub {
        !one_value($s, q{select count(*) from app.webhook_events where state = 'received'}) && settled($s, 1) && !$events->()->{pending}
            && $s->must(GET => '/v1/test_clock', undef, key => 'admin')->{quiet}
            && one_value($s, q{select count(*) from app.payments where kind = 'charge' and gateway_transaction is not null})
            == grep { $_->{kind} eq 'sale' && $_->{status} ne 'declined' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} };
    });
}

# --- one event, fifty times at once ----------------------------------------------

$s->sandbox(POST => '/sandbox/faults', { target => 'webhooks', kind => 'drop_before', count => 1 });
$s->stop('jobs');
my $lost   = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_lost_after')->{json};
my ($sale) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$lost->{id}")->{json}{data} };
my $body   = nmi_event('transaction.sale.success', id => 'fifty', reference => $sale->{reference}, transaction => $sale->{id}, amount => '57.00');
my @got    = $s->parallel(50, sub { $hook->post(nmi => $body)->{status} });
is(join(' ', @got), join(' ', (200) x 50), 'one event fifty times at once: each is 200');
is(one_value($s, q{select count(*) from app.webhook_events where event_id = 'fifty'}), 1, 'and it is there once');
is(one_value($s, q{select count(*) from app.webhook_events}), 1, 'alone');
$s->start('jobs');
ok($s->wait_until(10, sub { $s->must(GET => "/v1/orders/$lost->{id}")->{status} eq 'paid' }), 'its order is paid');
is(one_value($s, q{select count(*) from ledger.entries}), 1, 'with one entry');
is(one_value($s, q{select attempts from app.webhook_events where event_id = 'fifty'}), 1, 'it was looked at once');
$redis->('flushall');
is(join(' ', $s->parallel(10, sub { $hook->post(nmi => $body)->{status} })), join(' ', (200) x 10), 'with nothing in Redis: 200 again');
is(one_value($s, q{select string_agg(event_id || attempts, ' ') from app.webhook_events where not recovered}), 'fifty1', 'and nothing new');
my $other = nmi_event('transaction.sale.failure', id => 'fifty', reference => $sale->{reference}, transaction => $sale->{id}, amount => '57.00');
is($hook->post(nmi => $other)->{status}, 200, 'another body under its id is 200');
is(one_value($s, q{select type from app.webhook_events where event_id = 'fifty'}), 'transaction.sale.success', 'and the first stays');
my $twin = stripe_event('customer.created', id => 'fifty', transaction => 'cus_1');
is($hook->post(stripe => $twin)->{status}, 200, 'the same id at another gateway is 200');
is(one_value($s, q{select count(*) from app.webhook_events where event_id = 'fifty'}), 2, 'and another event');

# --- a thousand, each once ------------------------------------------------------------

my @tokens = (('tok_visa') x 14, 'tok_declined', 'tok_lost_after', 'tok_500_after', 'tok_garbage', 'tok_double', 'tok_insufficient_funds');
my @sold = $s->parallel(8, sub {
    my ($n) = @_;
    my %seen;
    for my $i (0 .. 121) {
        my $got = $s->buy($shop, { Floor => 1 }, payment_token => $tokens[ $i % @tokens ]);
        $seen{ $got->{status} }++;
    }
    return \%seen;
});
my %seen;
for my $one (@sold) { $seen{$_} += $one->{$_} for keys %$one }
is(join(' ', sort keys %seen), '201 202 402', 'sold, declined, and not known yet: ' . join(', ', map { "$_ ($seen{$_})" } sort keys %seen));
ok(quiet(30), 'all is settled');
my $all = grep { !$_->{dropped} } @{ $events->()->{data} };
cmp_ok($all, '>=', 1000, "the gateway has told $all events, each once");
my $in_order = books_hash($s);
my $rows     = one_value($s, 'select count(*) from app.webhook_events');
$s->books_ok;
sound($s, 'at first');

# --- again, twice and shuffled; without Redis; 71 h later ----------------------------------

sub again {
    my ($name, $before) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $sent = $s->sandbox(POST => '/sandbox/webhooks/replay', { count => 2, shuffle => JSON::PP::true })->{json}{sent};
    cmp_ok($sent, '>=', 2 * $all, "$name: $sent callbacks");
    ok(quiet(30), '... all delivered and looked at');
    is(books_hash($s), $before, '... and the books are the same');
    return is(one_value($s, 'select count(*) from app.webhook_events where not recovered'), $rows, '... with no event more');
}

$rows = one_value($s, 'select count(*) from app.webhook_events where not recovered') + 1;    # the one that was dropped comes with the others
again('doubled and shuffled', $in_order);
my $took = one_value($s, 'select sum(attempts) from app.webhook_events');
$s->advance_clock(71 * 3600);
ok(quiet(30), '71 h pass: what was held expires');
my $later = books_hash($s);
$redis->('flushall');
again('71 h later, with Redis emptied', $later);
is(one_value($s, 'select sum(attempts) from app.webhook_events'), $took, 'nor was any looked at a second time');
# Every row is looked at anew, as after `boxoffice webhooks replay`: effects count once, too.
$s->dbh->do(q{update app.webhook_events set state = 'received', due_at = now() - random() * interval '1 h', attempts = 0, settled_at = null});
ok(quiet(30), 'all of them looked at anew, in another order');
is(books_hash($s), $later, 'the books are the same');
$s->books_ok;
sound($s, 'at the end');
done_testing;
