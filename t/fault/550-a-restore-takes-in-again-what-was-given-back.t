# A refund whose record a restored database forgot is found at the gateway and booked under its own id; nothing is given back a second time for it.
# Refunds are made after a cold copy of the database: of an amount, by hand, of one that is promised; it is put back and no webhook comes.
use strict;
use warnings;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000 });
my %token = (nmi => 'tok_visa', stripe => 'pm_card_visa');
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $back  = sub { my $sum = 0; $sum += $_->{amount} for grep { $_->{kind} eq 'refund' && $_->{status} eq 'approved' } $there->($_[0]); return $sum };
my $order = sub { $s->must(GET => "/v1/orders/$_[0]") };
my $refund = sub { my ($order, $body) = @_; return $s->must(POST => "/v1/orders/$order/refunds", $body) };
my $ended  = sub { my ($id) = @_; $s->wait_until(20, sub { $s->must(GET => "/v1/refunds/$id")->{status} ne 'pending' }) };
my $shown  = sub { join ', ', map { "$_->{id} $_->{status} $_->{amount} " . ($_->{external} ? 'theirs' : 'ours') }
    sort { $a->{amount} <=> $b->{amount} } @{ $s->must(GET => "/v1/refunds?order=$_[0]")->{data} } };
my $quiet = sub { $s->wait_until(40, sub { settled($s, 1) && !one_value($s, q{select count(*) from app.webhook_events where state = 'received'})
    && !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending} && !one_value($s, q{select count(*) from ops.jobs where kind in
    ('payment_lookup', 'capture_return', 'refund_send', 'refund_trace', 'refund_external', 'webhooks_sweep_restore')}) }) };

my (%cut, %hand, %tried, %unsent, %ref);
for my $gateway (qw(nmi stripe)) {
    my $shop = $s->shop(organizer => { gateway => $gateway });
    my $buy  = sub { $s->buy($shop, { Floor => 2 }, payment_token => $token{$gateway})->{json}{id} };
    ($cut{$gateway}, $hand{$gateway}, $tried{$gateway}, $unsent{$gateway}) = map { $buy->() } 1 .. 4;
    # Promised, and not made at the first try: a later one, which is cut off, makes it.
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'drop_before', count => 1 });
    $ref{$tried{$gateway}} = $refund->($tried{$gateway}, { amount => 700 })->{id};
    $s->wait_until(5, sub { one_value($s, q{select state from app.payments where id = ?}, uuid_of($ref{$tried{$gateway}})) // '' eq 'unknown' });
}
# Promised, and not tried once: that is cut off.
$s->stop('jobs');
$ref{$_} = $refund->($_, { amount => 600 })->{id} for values %unsent;
my $backup = cold_copy($s);
for my $gateway (qw(nmi stripe)) {
    $ref{$cut{$gateway}} = $refund->($cut{$gateway}, { amount => 1300 })->{id};
    my ($sale) = grep { $_->{kind} eq 'sale' } $there->($hand{$gateway});
    $s->sandbox(POST => '/sandbox/refunds', { transaction => $sale->{id}, amount => 900 });
    $ended->($_) for map { $ref{$_} } $cut{$gateway}, $tried{$gateway}, $unsent{$gateway};
    is($s->must(GET => "/v1/refunds/$ref{$tried{$gateway}}")->{status}, 'succeeded', "$gateway: a second try makes a refund");
}
ok($quiet->(), 'all is done');
$s->sandbox(POST => '/sandbox/faults', { target => 'webhooks', kind => 'drop_before', count => 1000 });
put_back($s, $backup);
is($s->boxoffice(qw(restore finish))->{status}, 0, 'put back: the restore is finished');
ok($s->wait_until(40, sub { $s->call(GET => '/readyz', undef, key => undef)->{json}{status} eq 'ok' }), 'the house is open again');
ok($quiet->(), 'and all comes to rest');
for my $gateway (qw(nmi stripe)) {
    is($shown->($cut{$gateway}), "$ref{$cut{$gateway}} succeeded 1300 ours", "$gateway: a refund that was cut off is there again, under its id");
    like($shown->($hand{$gateway}), qr/^ref_\w+ succeeded 900 theirs$/, '... one by hand is there');
    is($shown->($tried{$gateway}), "$ref{$tried{$gateway}} succeeded 700 ours", '... what was promised is made');
    is($shown->($unsent{$gateway}), "$ref{$unsent{$gateway}} succeeded 600 ours", '... what was promised and not tried is booked as its first try');
    is(join(' ', map { $back->($_) } $cut{$gateway}, $hand{$gateway}, $tried{$gateway}, $unsent{$gateway}), '1300 900 700 600', '... and nothing of it twice');
}
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
$s->books_ok;
done_testing;
