# A refund that Stripe calls made and later failed is taken back in the books, and what it gave back is owed again and given back by another one.
# The sandbox lets the refund of a second charge fail two seconds after it succeeded; webhooks tell of it, or none comes and it is found in the list of events.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;

sub run {
    my ($name, $webhooks) = @_;
    my $s    = Stack->up(pay => 2, hook => 2, api => 2, sandbox_sync => 0, webhooks => $webhooks, env => { BOXOFFICE_SWEEP_SECONDS => 2 });
    my $shop = $s->shop(organizer => { gateway => 'stripe' }, types => [ [ Floor => 5000, 1000 ] ]);
    my $id;
    my $refunds = sub { grep { $_->{kind} eq 'refund' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$id")->{json}{data} } };
    my $effects = sub { join ' ', @{ $s->dbh->selectcol_arrayref(
        'select effect from ledger.entries where order_id = ? order by recorded_at, effect', undef, uuid_of($id)) } };
    $s->stop('jobs');
    $id = $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_double'))->{json}{id};
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'refund_fail', count => 1 });
    $s->start('jobs');
    ok($s->wait_until(10, sub { $effects->() eq 'sale unplaced_capture refund_settled' }), "$name: a second charge goes back");
    is(join(' ', map { $_->{status} } $refunds->()), 'approved', '... as Stripe says');
    ok($s->wait_until(40, sub { $effects->() =~ /refund_settled .*refund_settled/ }), '... and again when that has failed');
    is($effects->(), 'sale unplaced_capture refund_settled refund_unsettled refund_settled', '... each step booked once');
    is(join(' ', map { "$_->{amount} $_->{status}" } $refunds->()), '5700 declined 5700 approved', '... as at the gateway');
    is($s->must(GET => "/v1/orders/$id")->{status}, 'paid', '... and the order stays paid');
    settled($s, 15);
    $s->books_ok;
    my $verify = $s->boxoffice('verify');
    return is($verify->{status}, 0, "$name: and every invariant holds") || diag("$verify->{out}$verify->{err}");
}

run('webhooks', 1);
run('no webhooks', 0);
done_testing;
