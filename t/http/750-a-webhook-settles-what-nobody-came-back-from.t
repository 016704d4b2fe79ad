# What nobody came back from is settled by its webhook long before the fence; one that never comes is recovered from the gateway's list; none decides.
# With the fence at 45 s: senders are killed in mid-charge, webhooks dropped, late, forged and false, at both gateways.
use strict;
use warnings;
use Hook;
use JSON::PP qw(decode_json);
use Stack;
use Storm;
use Test::More;
use Time::HiRes qw(sleep time);

my $s = Stack->up(pay => 2, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 10_000,
    BOXOFFICE_FENCE_MS => 45_000, BOXOFFICE_HORIZON_MS => 1_200_000 });
my $hook  = Hook->new($s);
my %shop  = map { $_ => $s->shop(organizer => { gateway => $_ }, types => [ [ Floor => 5000, 1000 ] ]) } qw(nmi stripe);
my $fault = sub { my ($target, $kind, %more) = @_; $s->sandbox(POST => '/sandbox/faults', { target => $target, kind => $kind, count => 1, %more }) };
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $state = sub { one_value($s, 'select state from app.payments where order_id = ?', uuid_of($_[0])) };
my $paid  = sub { my ($id, $seconds) = @_; $s->wait_until($seconds, sub { $state->($id) eq 'succeeded' }) };
my $quiet = sub { !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending} && !one_value($s, q{select count(*) from app.webhook_events where state = 'received'}) };
my @both  = qw(nmi stripe);

# Charges, one at each gateway, whose senders are killed once both are made; {gateway => order}.
sub orphans {
    $fault->(gateway => 'timeout', count => 2);
    my @paying = map { my $gateway = $_; later(sub { $s->buy($shop{$gateway}, { Floor => 1 }, payment_token => 'tok_visa') }) } @both;
    my $sending = q{select reference from app.payments where state = 'sending'};
    my %order;
    $s->wait_until(5, sub {
        my %ours = map { $_ => 1 } @{ $s->dbh->selectcol_arrayref($sending) };
        %order = map { $_->{gateway} => $_->{order} } grep { $ours{ $_->{reference} } } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} };
        return keys %order == 2;
    }) or die "nothing was charged\n";
    $s->kill_workers('KILL', 'pay');
    is(join(' ', map { my $got = answer($_); "$got->{status} $got->{json}{code}" } @paying), join(' ', ('502 outcome_unknown') x 2),
        'senders die in mid-charge: their callers are told that the outcome is unknown');
    return \%order;
}

# Stops or lets go what looks by itself: the sweeps and, if so asked, the look-ups.
sub looking {
    my ($when, @kinds) = @_;
    $s->stop('jobs');
    $s->dbh->do('update ops.jobs set due_at = now() + cast(? as interval) where kind = any(?)', undef, $when, \@kinds);
    $s->start('jobs');
}

# --- by its webhook --------------------------------------------------------------

looking('1 h', 'webhooks_sweep');
my $began  = time;
my $orphan = orphans();
for my $gateway (@both) {
    ok($paid->($orphan->{$gateway}, 6), sprintf '%s: a sender that died is settled by the webhook, %.1f s after it began', $gateway, time - $began);
    is(join(' ', map { "$_->{gateway} $_->{status}" } $there->($orphan->{$gateway})), "$gateway approved", '... with one charge');
}

# Some whose look-ups are an hour away, so that nothing but the webhook can have done it.
$fault->(webhooks => 'delay', delay_ms => 4000, count => 2);
$s->stop('jobs');
my %lost;
for my $gateway (@both) {
    $fault->(gateway => '500_after');
    my $got = $s->buy($shop{$gateway}, { Floor => 1 }, payment_token => 'tok_visa');
    is("$got->{status} $got->{json}{status}", '202 processing', "$gateway: an answer is lost");
    $lost{$gateway} = $got->{json}{id};
}
looking('1 h', 'payment_lookup', 'webhooks_sweep');
is(join(' ', map { $state->($lost{$_}) } @both), 'unknown unknown', 'nobody looks');
for my $gateway (@both) {
    ok($paid->($lost{$gateway}, 6), "$gateway: the webhook comes, and it is paid");
    is(join(' ', map { $_->{status} } $there->($lost{$gateway})), 'approved', '... with one charge');
}
is(one_value($s, 'select count(*) from app.webhook_events where recovered'), 0, 'none had to be recovered');

# --- by the gateway's own list ----------------------------------------------------------

$fault->(webhooks => 'drop_before', count => 2);
$orphan = orphans();
looking('0 s', 'webhooks_sweep');
my %recovered;
for my $gateway (@both) {
    ok($paid->($orphan->{$gateway}, 10), "$gateway: a webhook that never comes is found in the gateway's list");
    my ($event) = grep { $_->{gateway} eq $gateway && $_->{dropped} } @{ $s->sandbox(GET => '/sandbox/webhooks')->{json}{data} };
    my $row = $s->dbh->selectrow_hashref('select * from app.webhook_events where recovered and gateway = ?', undef, $gateway);
    is("$row->{state} $row->{type}", 'applied ' . ($gateway eq 'nmi' ? 'transaction.sale.success' : 'payment_intent.succeeded'), '... kept, marked recovered');
    is($row->{event_id}, $event->{id}, '... as itself') if $gateway eq 'stripe';
    $recovered{$gateway} = $row->{event_id};
    my $list = $s->boxoffice(qw(webhooks list --recovered --gateway), $gateway);
    like($list->{out}, qr/^\Q$row->{event_id}\E .* \(recovered\) pay_/m, '... the command line lists it');
    like($s->boxoffice('webhooks', 'show', $row->{event_id})->{out}, qr/^recovered\s+yes: it never arrived$/m, '... and shows that it never came');
}
open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!";
my @told = grep { $_->{event} eq 'webhook.recovered' } map { decode_json($_) } <$in>;
is(join(' ', sort map { $_->{webhook} } @told), join(' ', sort values %recovered), 'the log tells of each, once');
my $rows = one_value($s, 'select count(*) from app.webhook_events');
$s->sandbox(POST => '/sandbox/webhooks/replay', { count => 1 });
$s->wait_until(10, $quiet);
is(one_value($s, 'select count(*) from app.webhook_events'), $rows + 1, 'when they come after all, only NMI\'s, which its list has no id of, is new');
sleep 2.5;
is(one_value($s, 'select count(*) from app.webhook_events'), $rows + 1, 'and later sweeps find nothing missing');

# --- none of them decides ---------------------------------------------------------------------

$fault->(webhooks => 'garbage');
my $forged = $s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa')->{json};
ok($s->wait_until(5, sub { one_value($s, q{select count(*) from app.webhook_events where state = 'applied' and note like ? || '%'},
    $forged->{payments}[0]{id}) }),
    'one that comes forged, then signed, is taken when it is signed');
my ($event) = grep { $_->{attempts} > 1 } @{ $s->sandbox(GET => '/sandbox/webhooks')->{json}{data} };
ok($event, '... at its second try');

my $declined = $s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_declined')->{json}{order};
my $held     = $s->buy($shop{nmi}, { Floor => 1 })->{json};
my $sold     = $s->buy($shop{stripe}, { Floor => 1 }, payment_token => 'tok_visa')->{json};
my ($sale)   = $there->($sold->{id});
$s->wait_until(5, sub { !one_value($s, q{select count(*) from app.webhook_events where state = 'received'}) });
my $before = books_hash($s);
my @false = (
    [ nmi => nmi_event('transaction.sale.success', reference => $declined->{payments}[0]{id}, transaction => '4711', amount => '57.00'),
        'approved, of what was declined' ],
    [ nmi => nmi_event('transaction.sale.success', reference => 'pay_' . substr($held->{id}, 4), transaction => '4712', amount => '57.00'),
        'approved, of what was never sent' ],
    [ nmi => nmi_event('transaction.sale.failure', reference => $forged->{payments}[0]{id}, transaction => '4713'), 'declined, of what was approved' ],
    [ nmi => nmi_event('transaction.void.success', reference => $forged->{payments}[0]{id}, transaction => '4713'), 'voided, of what was not' ],
    [ stripe => stripe_event('payment_intent.canceled', reference => $sold->{payments}[0]{id}, transaction => $sale->{id}), 'cancelled, of what was approved' ],
    [ stripe => stripe_event('payment_intent.succeeded', reference => $sold->{payments}[0]{id}, transaction => 'pi_other'), 'approved, under another id' ],
    [ stripe => stripe_event('payment_intent.succeeded', reference => $declined->{payments}[0]{id}, transaction => 'pi_other'), 'approved, at another gateway' ],
    [ stripe => stripe_event('refund.updated', reference => 'ref_' . substr($held->{id}, 4), transaction => 're_1', more => { status => 'succeeded' }),
        'of a refund that never was' ],
);
is($hook->post($_->[0], $_->[1])->{status}, 200, "a false word, well signed: $_->[2]") for @false;
ok($s->wait_until(10, sub { $quiet->() && !one_value($s, q{select count(*) from ops.jobs where kind in ('payment_lookup', 'capture_return')}) }),
    'the gateway is asked about each');
is(books_hash($s), $before, 'and nothing has changed');
$s->books_ok;
sound($s, 'at the end');
done_testing;
