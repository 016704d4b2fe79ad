# Charges of held orders that a restored database forgot come back from the gateway by themselves: each order is paid again, and the books end the same.
# A cold copy is put back twice; the gateway's events come each once and in order, then doubled and shuffled; meanwhile nothing is charged.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP ();
use Problem;
use Stack;
use Storm;
use Test::More;
use Time::HiRes qw(sleep time);

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000, BOXOFFICE_HOLD_SECONDS => 3600 });
my %shop  = map { $_ => $s->shop(organizer => { gateway => $_ }, types => [ [ Floor => 5000, 1000 ] ]) } qw(nmi stripe);
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $order = sub { $s->call(GET => "/v1/orders/$_[0]") };
my $ready = sub { $s->call(GET => '/readyz', undef, key => undef)->{json}{status} };
my $quiet = sub { $s->wait_until(20, sub { settled($s, 1) && !one_value($s, q{select count(*) from app.webhook_events where state = 'received'})
    && !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending} && !one_value($s, q{select count(*) from ops.jobs where kind in
    ('payment_lookup', 'capture_return', 'webhooks_sweep_restore')}) }) };

# --- before and after the backup ---------------------------------------------------

my $key = do { open my $in, '<', $s->dir . '/secret/gateway.key' or die "gateway.key: $!"; <$in> =~ s/\s+$//r };
my %token = (nmi => 'tok_visa', stripe => 'pm_card_visa');
my %sold_before = map { $_ => $s->buy($shop{$_}, { Floor => 2 }, payment_token => $token{$_})->{json}{id} } qw(nmi stripe);
my @held = map { my $gateway = $_; map { [ $gateway, $s->buy($shop{$gateway}, { Floor => 1 })->{json}{id} ] } 1 .. 12 } qw(nmi stripe);
$quiet->();
my $backup = cold_copy($s);

$s->sandbox(POST => '/sandbox/faults', { target => 'webhooks', kind => 'double', count => 5 });
my %odd = ($held[0][1] => 'tok_lost_after', $held[1][1] => 'tok_double', $held[12][1] => 'tok_double');
for my $case (@held) {
    $s->call(POST => "/v1/orders/$case->[1]/pay", { payment_token => $odd{ $case->[1] } // $token{ $case->[0] } });
}
# The second that was charged of one reference is given back: voided at NMI, where that is all it leaves; refunded at Stripe.
$s->wait_until(10, sub { one_value($s, q{select count(*) from app.payments where state = 'voided'}) == 2 });
$quiet->();
is(join(' ', sort map { $_->{status} } grep { $_->{kind} eq 'sale' } $there->($held[1][1])), 'approved voided', 'one of two charges is voided at NMI');
is(one_value($s, q{select count(*) from app.orders where status = 'paid'}), 26, 'orders held at the backup are paid after it');
my $once = books_hash($s);
my $text = books_hash($s, 'text');
$s->books_ok;

# --- put back, and every event in order, once --------------------------------------------

# Nothing is charged before the gateways were asked.
sub recovering {
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($s->wait_until(5, sub { $ready->() eq 'recovering' }), '... and all are recovering');
    sleep 1.5;    # until each worker has seen it
    problem_ok($s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa'), 503, 'recovering', '... no charge is sent');
    problem_ok($s->call(POST => "/v1/orders/$held[-1][1]/pay", { payment_token => 'tok_visa' }), 503, 'recovering', '... for no order');
    is($order->($sold_before{nmi})->{json}{status}, 'paid', '... but orders are shown');
    return $s->start('jobs');
}

# Puts the backup back, sends every event again as told, and ends the restore.
sub restored {
    my ($name, $count, $shuffle) = @_;
    $s->sandbox(POST => '/sandbox/webhooks/replay', { count => $count, shuffle => $shuffle }) if $shuffle;    # some meet the database on its way down
    put_back($s, $backup);
    is(one_value($s, q{select count(*) from app.orders where status = 'paid'}), 2, "$name: what came after the backup is not there");
    $s->stop('jobs') if !$shuffle;
    my $finish = $s->boxoffice(qw(restore finish));
    is($finish->{status}, 0, '... the restore is finished');
    recovering() if !$shuffle;
    $s->sandbox(POST => '/sandbox/webhooks/replay', { count => $count, shuffle => $shuffle });
    ok($s->wait_until(15, sub { $ready->() eq 'ok' }), '... once the gateways were asked it goes on');
    ok($quiet->(), '... and comes to rest');
    return is(one_value($s, q{select count(*) from app.payments where kind = 'refund' and state <> 'succeeded'}), 0, '... nothing was sent for what was back');
}

restored('put back, each event once in order', 1, JSON::PP::false);
is(books_hash($s), $once, 'the books are what they were') or do {
    my %had = map { $_ => 1 } split /\n/, $text;
    diag("new: $_") for grep { !delete $had{$_} } split /\n/, books_hash($s, 'text');
    diag("gone: $_") for sort keys %had;
};
$s->books_ok;

restored('put back again, doubled and shuffled', 2, JSON::PP::true);
is(books_hash($s), $once, 'the books are what they were');
is(join(' ', map { $order->($_->[1])->{json}{status} } @held), join(' ', ('paid') x @held), 'each order is paid');
$s->books_ok;
sound($s, 'after two restores');
is(scalar(grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} }), 28,
    'and the gateway has charged nothing twice but what it did itself');

# --- what is voided there by hand is no second charge ------------------------------------

my $payment = sub { one_value($s, q{select reference from app.payments where order_id = ? and kind = 'charge' and reference not like '%#%'}, uuid_of($_[0])) };
my $by_hand = sub {
    my (%field) = @_;
    my $form = HTTP::Tiny->new->www_form_urlencode({ security_key => $key, %field });
    return $s->sandbox(POST => '/api/transact.php', $form)->{body};
};
my $looked_up = sub {
    one_value($s, q{select ops.job_put(org, 'payment_lookup', id, now(), false, 'test') from app.payments where reference = ?}, $_[0]);
    return $s->wait_until(10, sub { !one_value($s, q{select count(*) from ops.jobs where kind = 'payment_lookup'}) });
};

my $reference = $payment->($held[2][1]);
my ($hold) = $by_hand->(type => 'auth', amount => '57.00', currency => 'USD', payment_token => 'tok_visa', dup_seconds => 0, orderid => $reference) =~
    /transactionid=(\d+)/;
like($by_hand->(type => 'void', transactionid => $hold), qr/response_code=100/, 'an authorisation under the reference of a charge is voided');
ok($looked_up->($reference), '... the charge is looked up');
is(books_hash($s), $once, '... and it is taken for no charge');

$s->sandbox(POST => '/sandbox/faults', { target => 'webhooks', kind => 'drop_before', count => 1000 });    # nobody looks too soon
my $open = $s->call(POST => '/v1/orders', $s->order_body($shop{nmi}, { Floor => 1 }, payment_token => 'tok_lost_after'))->{json};
is($open->{status}, 'processing', 'a charge whose answer is lost');
my ($sale) = $there->($open->{id});
like($by_hand->(type => 'void', transactionid => $sale->{id}), qr/response_code=100/, '... is voided there before anybody has looked');
ok($s->wait_until(10, sub { $order->($open->{id})->{json}{status} eq 'held' }), '... its order is held again');
ok($looked_up->($sale->{reference}), '... it is looked up once more');
is(join(' ', @{ $s->dbh->selectcol_arrayref(q{select state from app.payments where order_id = ?}, undef, uuid_of($open->{id})) }), 'declined',
    '... and has come to nothing');
done_testing;
