# Money that no order takes goes back as a refund where the charge is settled: at NMI after the void was refused, at Stripe at once; one refund, one entry.
# At each gateway an order is charged twice, and the jobs daemon, which gives the second charge back, stands still until both are settled.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000 });

sub charges { return @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } }
sub backs   { return grep { $_->{kind} ne 'sale' } charges($_[0]) }
sub effects { return join ' ', @{ $s->dbh->selectcol_arrayref(
    'select effect from ledger.entries where order_id = ? order by recorded_at, effect', undef, uuid_of($_[0])) } }

sub doubled {
    my ($gateway) = @_;
    my $shop = $s->shop(organizer => { gateway => $gateway }, types => [ [ Floor => 5000, 1000 ] ]);
    $s->stop('jobs');
    my $got = $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_double'));
    my $id  = $got->{json}{id};
    is("$got->{status} $got->{json}{status}", '201 paid', "$gateway: charged twice, the order is paid");
    is(scalar charges($id), 2, '... two charges there');
    is($s->sandbox(POST => '/sandbox/settle')->{json}{settled}, 2, '... both are settled');
    $s->start('jobs');
    ok($s->wait_until(20, sub { effects($id) =~ /refund_settled/ }), '... and one goes back');
    is(effects($id), 'sale unplaced_capture refund_settled', '... booked once');
    is(join(' ', map { "$_->{kind} $_->{amount} $_->{status}" } backs($id)), 'refund 5700 approved', '... there by one refund and no void');
    is(join(' ', map { $_->{status} } grep { $_->{kind} eq 'sale' } charges($id)), 'approved approved', '... beside two charges that stand');
    return is(one_value($s, q{select count(*) from app.payments where order_id = ? and kind = 'refund'}, uuid_of($id)), 1, '... and one row of it here');
}

doubled($_) for qw(nmi stripe);

# A refund may be there of which nothing is known here: while the gateway does not say, nothing is sent.
{
    my $shop = $s->shop(organizer => { gateway => 'nmi' }, types => [ [ Floor => 5000, 1000 ] ]);
    my $rows = sub { one_value($s, q{select count(*) from app.payments where order_id = ? and kind = 'refund' and state = ?}, uuid_of($_[0]), $_[1]) };
    $s->sandbox(POST => '/sandbox/faults', { target => 'refund_queries', kind => '429', count => 1000 });
    my $id = $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_double'))->{json}{id};
    ok($s->wait_until(20, sub { $rows->($id, 'not_sent') }), 'nmi does not say whether a refund is there: none is sent');
    is(scalar backs($id), 0, '... the gateway has given nothing back');
    $s->sandbox(DELETE => '/sandbox/faults');
    ok($s->wait_until(30, sub { effects($id) =~ /refund_settled/ }), '... once it says so, it is');
    is(scalar(backs($id)) . $rows->($id, 'succeeded'), '11', '... once');
}
is(one_value($s, q{select count(*) from ops.audit where action = 'payment.refund_unknown'}), 0, 'no outcome was unknown');
settled($s, 15);
$s->books_ok;
sound($s, 'at the end');
done_testing;
