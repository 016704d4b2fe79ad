# Proves that the refunds of a cancelled event keep their rate, that an operator sees how far they are, pauses them and has them go on, and that what failed is told
# and tried again by a refund of its own. By `boxoffice refunds batch`, and faults of the sandbox.
use strict;
use warnings;
use Problem;
use Stack;
use Storm;
use Test::More;

my $RATE = 5;
my $s = Stack->up(pay => 2, hook => 1, api => 2, env => { BOXOFFICE_BATCH_REFUNDS_PER_SECOND => $RATE });
my $bx = sub { return $s->boxoffice('refunds', 'batch', @_) };
my $progress = sub { $s->must(GET => "/v1/events/$_[0]{event}/cancellation") };
my $becomes  = sub { my ($shop, $what, $n) = @_; $s->wait_until(30, sub { $progress->($shop)->{$what} eq $n }); return $progress->($shop)->{$what} };
my $shop = sub { my ($n) = @_; my $got = $s->shop(organizer => { gateway => 'stripe' });
    $got->{orders} = [ map { $s->buy($got, { Floor => 1 }, payment_token => 'pm_card_visa')->{json}{id} } 1 .. $n ]; return $got };

is($bx->('list')->{status}, 0, 'nothing is cancelled yet');
is(scalar(split /\n/, $bx->('list')->{out}), 1, '... and the list has its head alone');
my $one = $shop->(2);
for my $verb (qw(show pause resume)) {
    is($bx->($verb, $one->{event})->{status}, 3, "$verb: there is none");
    is($bx->($verb, 'evt_1')->{status}, 2, '... nor such an id');
    is($bx->($verb)->{status}, 2, '... nor none at all');
}

# --- pace, pause -----------------------------------------------------------------------------

my $many = $shop->(24);
$s->must(POST => "/v1/events/$many->{event}/cancel", { reason => 'No singer' });
ok($s->wait_until(10, sub { $progress->($many)->{done} >= 3 }), 'some are refunded');
is($bx->('pause', $many->{event})->{status}, 0, 'paused');
select undef, undef, undef, 0.6;    # what was in hand
my $then = $progress->($many);
is("$then->{status} $then->{total}", 'paused 24', '... and shown so');
cmp_ok($then->{waiting}, '>', 5, '... in the midst');
select undef, undef, undef, 1.5;
is($progress->($many)->{waiting}, $then->{waiting}, '... nothing goes on');
like($bx->('show', $many->{event})->{out}, qr/^status     paused\nreason     No singer\norders     24: /m, '... the operator sees it');
like($bx->('list')->{out}, qr/^\Q$many->{event}\E +paused +24 /m, '... and in the list');
is($bx->('resume', $many->{event})->{out}, "0 orders that had failed are tried again\n", 'it goes on');
my $watched = $bx->('show', $many->{event}, '--watch');
like($watched->{out}, qr/^orders     24: 24 done, 0 pending, 0 waiting, 0 disputed, 0 failed\nrefunded   1296\.00 USD$/m, 'watched to its end') or diag($watched->{err});
like($watched->{out}, qr/^status     done$/m, '... which it has reached');
is($watched->{err}, '', '... without a bar where nobody looks');

# In no second more than the rate, by the wall clock; the first and last try tell how long it took.
my $most = one_value($s, q{select max(n) from (select count(*) over (partition by batch_id order by tried_at range between '0.99 s' preceding and current row) as n
    from app.batch_orders) x});
cmp_ok($most, '<=', $RATE, 'in no second were more tried than the rate');
cmp_ok($most, '>=', 2, '... nor one by one');

# --- what failed -----------------------------------------------------------------------------

$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 300 });
$s->must(POST => "/v1/events/$one->{event}/cancel");
is($becomes->($one, 'failed', 1), 1, 'Stripe takes a refund back');
is($becomes->($one, 'status', 'done'), 'done', '... and the batch ends');
my $shown = $bx->('show', $one->{event})->{out};
my ($order, $refund) = $shown =~ /^(ord_\w+) +(ref_\w+) the gateway refused it$/m;
ok($order && grep({ $_ eq $order } @{ $one->{orders} }), '... naming the order') or diag($shown);
is($s->must(GET => "/v1/orders/$order")->{status}, 'paid', '... which is paid still');
select undef, undef, undef, 1;
is($progress->($one)->{failed}, 1, '... and not tried again by itself');
is($bx->('resume', $one->{event})->{out}, "1 orders that had failed are tried again\n", 'by an operator it is');
like($bx->('show', $one->{event}, '--watch')->{out}, qr/^orders     2: 2 done, /m, '... and made');
my @refunds = @{ $s->must(GET => "/v1/refunds?order=$order")->{data} };
is(join(' ', map { $_->{status} } @refunds), 'succeeded failed', '... by a refund of its own');
is($refunds[1]{id}, $refund, '... beside the one that failed');

# --- what comes back to an order ------------------------------------------------------------------

my $back = $shop->(2);
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1, delay_ms => 4000 });
is($s->must(POST => "/v1/orders/$back->{orders}[0]/refunds", {})->{status}, 'pending', 'an order is refunded by its seller');
$s->must(POST => "/v1/events/$back->{event}/cancel");
is($becomes->($back, 'status', 'done'), 'done', '... its event is cancelled, and nothing is left of it');
is($progress->($back)->{amount}, 5400, '... the batch has refunded the other');
is($becomes->($back, 'amount', 10800), 10800, 'when the seller\'s refund fails the batch makes its own');
is($becomes->($back, 'done', 2), 2, '... and comes to its end anew');
my @audit = map { $_->[0] } @{ $s->dbh->selectall_arrayref(q{select distinct action from ops.audit where action like 'batch.%' order by 1}) };
is("@audit", 'batch.created batch.ended batch.paused batch.resumed', 'the audit log has all of it');

$s->wait_until(20, sub { !one_value($s, q{select count(*) from ops.jobs where kind in ('refund_send', 'payment_lookup', 'refund_batch')}) });
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
