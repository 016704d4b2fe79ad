# Proves that no order slips through between a sale and the cancellation of its event: whatever buyers were told, what was charged is refunded and what was held is let
# go. By six buyers who go on buying, and paying what they hold, while their event is cancelled; answers of the gateway are slow and lost.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $BUYERS = 6;
my $s = Stack->up(pay => 6, hook => 1, api => 2, sandbox_sync => 0, webhooks => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000, BOXOFFICE_BATCH_REFUNDS_PER_SECOND => 200 });
my @token = qw(tok_visa tok_visa tok_declined tok_lost_after tok_lost_before tok_500_after);

for my $round (1 .. 3) {
    my $shop = $s->shop(types => [ [ Floor => 5000, 10000 ], [ Free => 0, 10000 ] ]);
    my @told = $s->parallel($BUYERS + 1, sub {
        my ($n) = @_;
        if ($n == $BUYERS) {
            sleep 0.7 + rand 0.5;
            return { cancel => $s->call(POST => "/v1/events/$shop->{event}/cancel", { reason => 'r' })->{status} };
        }
        my %told;
        for (my ($i, $refused) = (0, 0); $refused < 3 && $i < 200; $i++) {
            my $kind = $i % 4;
            my $got  = $kind == 0 ? $s->buy($shop, { Free => 1 }) : $kind < 3 ? $s->buy($shop, { Floor => 1 }, payment_token => $token[ rand @token ]) :
                $s->buy($shop, { Floor => 1 });
            $got = $s->call(POST => "/v1/orders/$got->{json}{id}/pay", { payment_token => $token[ rand @token ] }) if $kind == 3 && $got->{status} == 201;
            $told{ ($got->{json}{code} // '') || $got->{status} }++;
            $refused++ if ($got->{json}{code} // '') eq 'event_not_on_sale';
        }
        return \%told;
    });
    my %all;
    for my $did (@told) { $all{$_} += $did->{$_} for grep { $_ ne 'cancel' } keys %$did }
    is((grep { $_->{cancel} } @told)[0]{cancel}, 200, "round $round: cancelled amid sales");
    is(($all{event_not_on_sale} // 0) >= 3 * $BUYERS && ($all{201} // 0) > 10, 1, '... to which all buyers came') or diag(join ' ', %all);
    my $event = uuid_of($shop->{event});
    my $open  = sub { one_value($s, q{select count(*) from app.orders where event_id = ? and status not in ('refunded', 'cancelled', 'expired')}, $event) };
    ok($s->wait_until(45, sub { !$open->() }), '... every order is refunded or let go') or
        diag(join "\n", map { "@$_" } @{ $s->dbh->selectall_arrayref('select status, count(*) from app.orders where event_id = ? group by 1', undef, $event) });
    $s->wait_until(20, sub { $s->must(GET => "/v1/events/$shop->{event}/cancellation")->{status} eq 'done' });
    my $end = $s->must(GET => "/v1/events/$shop->{event}/cancellation");
    is("$end->{done} of $end->{total}", join(' of ', (one_value($s, 'select count(*) from app.orders where event_id = ? and paid_at is not null', $event)) x 2),
        '... all that were paid by the batch');
    is(one_value($s, q{select string_agg(name || ' ' || quantity - left_over, ', ' order by name) from (select t.name, t.quantity, sum(b.remaining) as left_over
        from app.ticket_types t join app.ticket_buckets b on b.org = t.org and b.type_id = t.id where t.event_id = ? group by 1, 2) x}, $event),
        one_value($s, q{select string_agg(t.name || ' ' || (select coalesce(sum(l.quantity), 0)
            from app.order_lines l join app.orders o on o.org = l.org and o.id = l.order_id where l.type_id = t.id and o.paid_at is not null), ', ' order by t.name)
            from app.ticket_types t where t.event_id = ?}, $event),
        '... and no ticket is held');
}
$s->books_ok;
$s->wait_until(30, sub { !one_value($s, q{select count(*) from ops.jobs where kind in ('refund_send', 'payment_lookup', 'refund_batch', 'capture_return')}) });
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
