# A charge whose order a restored database forgot is found at the gateway by itself, booked as what no order takes, and its money goes back, once.
# Tickets are sold after a cold copy of the database; it is put back and no webhook ever comes: only the gateway's own list tells.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 4, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000, BOXOFFICE_HOLD_SECONDS => 3600 });
my %shop  = map { $_ => $s->shop(organizer => { gateway => $_ }, types => [ [ Floor => 5000, 1000 ] ]) } qw(nmi stripe);
my $there = sub { @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $order = sub { $s->call(GET => "/v1/orders/$_[0]") };
my $ready = sub { $s->call(GET => '/readyz', undef, key => undef)->{json}{status} };
my $fault = sub { my ($target, $kind, $n) = @_; $s->sandbox(POST => '/sandbox/faults', { target => $target, kind => $kind, count => $n }) };
my $quiet = sub { $s->wait_until(20, sub { settled($s, 1) && !one_value($s, q{select count(*) from app.webhook_events where state = 'received'})
    && !$s->sandbox(GET => '/sandbox/webhooks')->{json}{pending} && !one_value($s, q{select count(*) from ops.jobs where kind in
    ('payment_lookup', 'capture_return', 'webhooks_sweep_restore')}) }) };

my %token = (nmi => 'tok_visa', stripe => 'pm_card_visa');
my $code   = storm_code($s, $shop{nmi});
my $before = $s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa', promo_code => $code);
my $backup = cold_copy($s);
my %gone = map { $_ => $s->buy($shop{$_}, { Floor => 1 }, payment_token => $token{$_}, $_ eq 'nmi' ? (promo_code => $code) : ()) } qw(nmi stripe);
my %idem = map { $_ => Stack::random_key() } qw(nmi stripe);
my %half = map { $_ => $s->call(POST => '/v1/orders', $s->order_body($shop{$_}, { Floor => 1 }, payment_token => 'tok_visa'), idem => $idem{$_}) } qw(nmi stripe);
is(join(' ', map { $_->{status} } values %gone, values %half), '201 201 201 201', 'tickets are sold');
$quiet->();
$fault->(webhooks => 'drop_before', 1000);    # nothing is told but when asked
put_back($s, $backup);
is($s->boxoffice(qw(restore finish))->{status}, 0, 'put back, with no webhook at all: the restore is finished');
ok($s->wait_until(20, sub { $ready->() eq 'ok' && one_value($s, q{select count(*) from app.payments where kind = 'refund' and state = 'succeeded'}) == 4 }),
    'by itself what no order takes goes back');
ok($quiet->(), 'and all comes to rest');
for my $gateway (qw(nmi stripe)) {
    for my $got ($gone{$gateway}, $half{$gateway}) {
        my $id = $got->{json}{id};
        is($order->($id)->{status}, 404, "$gateway: an order of after the backup is gone");
        my @rows = $there->($id);
        my $back = $gateway eq 'nmi' ? 'sale voided' : 'sale approved';
        is((grep { $_->{kind} eq 'sale' } @rows) . ' ' . "$rows[0]{kind} $rows[0]{status}", "1 $back", '... it was charged once');
        is(join(' ', map { "$_->[0] $_->[1]" } @{ $s->dbh->selectall_arrayref(q{select p.state, (select string_agg(e.effect, '+' order by e.effect desc)
            from ledger.entries e where e.object_id = p.id) from app.payments p where p.reference = ?}, undef, $rows[0]{reference}) }),
            'voided unplaced_capture', '... found, booked, given back');
    }
}
open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!";
my @log = map { decode_json($_) } <$in>;
ok(scalar(grep { $_->{event} eq 'payment.adopted' && $_->{payment} eq $gone{nmi}{json}{payments}[0]{id} } @log), 'the operator is told of each');
is(join(' ', @{ $s->dbh->selectcol_arrayref(q{select distinct actor from ops.audit where action in ('recovery.ended', 'payment.adopted')}) }), 'jobs',
    'and had to do nothing');
my $again = $s->call(POST => '/v1/orders', $s->order_body($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa'), idem => $idem{nmi});
is("$again->{status} $again->{json}{status}", '201 paid', 'a key that was forgotten with its order sells anew');
isnt($again->{json}{id}, $half{nmi}{json}{id}, '... another order');
is(slots_left($s), 99_999, 'of a code the uses are those of the orders that are there');
is($order->($before->{json}{id})->{json}{promos}[0]{code}, $code, '... which still have it');
is($s->buy($shop{nmi}, { Floor => 1 }, payment_token => 'tok_visa', promo_code => $code)->{json}{status}, 'paid', '... and it is used on');
is(slots_left($s), 99_998, '... once more');
$s->books_ok;
sound($s, 'at the end');
done_testing;
