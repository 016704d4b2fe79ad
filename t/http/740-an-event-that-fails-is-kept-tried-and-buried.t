# An event that can't be applied is tried again with growing pauses, buried after its tries, told to the operator, and applied once what was wrong is mended.
# Signed payloads that lack what they must have; attempts are set by the owner's hand; then the command line lists, explains and replays.
use strict;
use warnings;
use Hook;
use JSON::PP;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 1, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 3600, BOXOFFICE_HORIZON_MS => 1200000 });
my $shop = $s->shop;
my $hook = Hook->new($s);
my $row  = sub { $s->dbh->selectrow_hashref('select *, extract(epoch from due_at - now()) as due from app.webhook_events where event_id = ?', undef, $_[0]) };
my $log  = sub { my ($event) = @_; open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; grep { $_->{event} eq $event } map { decode_json($_) } <$in> };
my $bx   = sub { return $s->boxoffice('webhooks', @_) };

# --- what is of no use ------------------------------------------------------------

my %of_no_use = (
    'unknown-1' => [ nmi => nmi_event('transaction.validate.success', id => 'unknown-1') ], 'unknown-2' => [ nmi => nmi_event('recurring.plan.add', id => 'unknown-2') ],
    'unknown-3' => [ stripe => stripe_event('invoice.paid', id => 'unknown-3', transaction => 'in_1') ],
    'nobody-1'  => [ nmi => nmi_event('transaction.sale.success', id => 'nobody-1', transaction => '5', reference => 'INVOICE 7') ],
    'nobody-2'  => [ stripe => stripe_event('payment_intent.succeeded', id => 'nobody-2', transaction => 'pi_5') ],
    'another-1' => [ nmi => nmi_event('transaction.sale.success', id => 'another-1', transaction => '6', reference => 'pay_01jz0000000000000000000000',
        house => '00000000-0000-4000-8000-000000000000') ],
);
is($hook->post(@{ $of_no_use{$_} })->{status}, 200, "$_ is taken") for sort keys %of_no_use;
ok($s->wait_until(10, sub { one_value($s, q{select count(*) from app.webhook_events where state = 'ignored'}) == keys %of_no_use }), 'each is kept and ignored');
my %note = map { @$_ } @{ $s->dbh->selectall_arrayref('select event_id, note from app.webhook_events') };
is($note{$_}, 'a type that is of no use here', "$_: its type") for 'unknown-1', 'unknown-2', 'unknown-3';
is($note{$_}, 'no reference of ours', "$_: not ours") for 'nobody-1', 'nobody-2';
is($note{'another-1'}, 'sent by another installation', 'another-1: of an installation with the same account');
is(one_value($s, 'select count(*) from app.payments') + one_value($s, 'select count(*) from ledger.entries'), 0, 'and nothing is in the books');

# --- tried again, with growing pauses --------------------------------------------------

my $broken = nmi_event('transaction.sale.success', id => 'broken');
is($hook->post(nmi => $broken)->{status}, 200, 'an event without what it must have is taken all the same');
ok($s->wait_until(12, sub { $row->('broken')->{attempts} >= 3 }), 'it is tried again and again');
my @failed = map { $_->{at} =~ /T(\d+):(\d+):([\d.]+)Z/ ? 3600 * $1 + 60 * $2 + $3 : () } $log->('webhook.failed');
my @pauses = map { $failed[$_] - $failed[ $_ - 1 ] } 1 .. $#failed;
ok($pauses[0] > 0.9 && $pauses[0] < 2 && $pauses[1] > 1.9 && $pauses[1] < 3.5, sprintf 'after %.1f and %.1f s', @pauses[ 0, 1 ]);
my %now = %{ $row->('broken') };
is("$now{state} $now{note}", 'received invalid_request: nmi\'s events of this type must have transaction_id', 'and says why it fails');
is_deeply([ @{ ($log->('webhook.failed'))[0] }{qw(level webhook gateway type detail)} ],
    [ 'warn', 'broken', 'nmi', 'transaction.sale.success', $now{note} ], 'so does the log, as a warning as long as it is tried');
for my $case ([ 8, 2**8, 'doubling' ], [ 15, 300, 'up to five minutes' ]) {
    my ($tries, $pause, $name) = @$case;
    $s->dbh->do(q{update app.webhook_events set attempts = ?, due_at = now() where event_id = 'broken'}, undef, $tries);
    ok($s->wait_until(5, sub { $row->('broken')->{attempts} == $tries + 1 && !$row->('broken')->{lease} }), "its try number @{[ $tries + 1 ]}");
    my $due = $row->('broken')->{due};
    ok($due > $pause - 3 && $due <= $pause, sprintf "the next comes after %.0f s, $name", $due);
}

# --- others are not held up ---------------------------------------------------------------

$s->dbh->do(q{update app.webhook_events set due_at = now(), attempts = 1 where event_id = 'broken'});
my $order = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_lost_after')->{json};
ok($s->wait_until(5, sub { $s->must(GET => "/v1/orders/$order->{id}")->{status} eq 'paid' }), 'beside one that fails others are applied');

# --- buried ------------------------------------------------------------------------------------

$s->dbh->do(q{update app.webhook_events set attempts = 19, due_at = now() where event_id = 'broken'});
ok($s->wait_until(5, sub { $row->('broken')->{state} eq 'buried' }), 'after twenty tries it is buried');
my ($buried) = $log->('webhook.buried');
is("$buried->{level} $buried->{webhook} $buried->{gateway} $buried->{next}", 'error broken nmi see `boxoffice webhooks show`, then replay',
    'which the log tells, with what to do');
my $list = $bx->('list', '--state', 'buried');
like($list->{out}, qr/^broken\s+nmi\s+transaction\.sale\.success\s+buried\s+20\s+\S+Z\s+invalid_request: /m, 'it is listed among the buried');
unlike($list->{out}, qr/unknown-1|applied/, '... and no other is');
unlike($bx->('list', '--gateway', 'stripe')->{out}, qr/broken|unknown-1/, 'nor among those of another gateway');
like($bx->('list')->{out}, qr/^unknown-3\s+stripe\s+invoice\.paid\s+ignored\s+1\s/m, 'all are listed without a condition');
unlike($bx->('list', '--recovered')->{out}, qr/broken|unknown/, 'none of them had to be recovered');
my $shown = $bx->('show', 'broken');
ok($shown->{status} == 0 && $shown->{out} =~ /^state\s+buried\nnote\s+\Q$now{note}\E\nunreadable \Q$now{note}\E\n\n\Q$broken\E\n\z/m,
    'it is shown as it came, with why it can\'t be read') or diag(explain($shown));
my $dry = $bx->('replay', '--dry-run', 'broken');
is("$dry->{status} $dry->{out}$dry->{err}", "1 would fail: $now{note}\n", 'a dry run says that it would fail again');
is($row->('broken')->{state}, 'buried', '... and does nothing');

# --- replayed -----------------------------------------------------------------------------------

my $replay = $bx->('replay', 'broken');
is($replay->{status}, 0, 'it is looked at again');
ok($s->wait_until(5, sub { $row->('broken')->{attempts} == 1 }), '... from its first try on');
is(one_value($s, q{select count(*) from ops.audit where action = 'webhook.replayed' and actor = 'operator'}), 1, '... which is in the audit log');

# A worker that dies again and again with an event leaves no word: it is buried by the next.
$s->dbh->do(q{update app.webhook_events set attempts = 20, due_at = now(), note = null, state = 'received', lease = null, leased_until = null where event_id = 'broken'});
ok($s->wait_until(5, sub { $row->('broken')->{state} eq 'buried' }), 'one whose workers died twenty times is buried');
is($row->('broken')->{note}, 'its workers died', '... and says so');

# --- what would change ------------------------------------------------------------------------------

my ($sale) = @{ $s->sandbox(GET => "/sandbox/transactions?order=$order->{id}")->{json}{data} };
$hook->post(nmi => nmi_event('transaction.sale.success', id => 'same', reference => $sale->{reference}, transaction => $sale->{id}));
like($bx->('replay', '--dry-run', 'same')->{out}, qr/^nothing would change: $sale->{reference}: the books say the same: it is succeeded$/,
    'dry: what is known changes nothing');
$s->stop('jobs');
$hook->post(nmi => nmi_event('transaction.sale.success', id => 'second', reference => $sale->{reference}, transaction => '999'));
$hook->post(nmi => nmi_event('transaction.sale.success', id => 'lost', reference => 'pay_' . substr($sale->{reference}, 4, 14) . 'zzzzzzzzzzzz', transaction => '998'));
my $jobs = sub { one_value($s, q{select count(*) from ops.jobs where kind = 'payment_lookup'}) };
my $had  = $jobs->();
like($bx->('replay', '--dry-run', 'second')->{out}, qr/^would change: .*: the gateway is asked about it: it was succeeded$/,
    'dry: of a second charge the gateway would be asked');
is($jobs->(), $had, '... and nothing is asked now');
is(($bx->('replay', '--dry-run', $_))->{status}, 0, "dry: $_") for 'lost', 'unknown-1';
$s->start('jobs');
ok($s->wait_until(10, sub { !one_value($s, q{select count(*) from app.webhook_events where state = 'received' and event_id <> 'broken'}) }), 'then all are looked at');
is(one_value($s, q{select string_agg(state, ' ') from app.webhook_events where event_id in ('same', 'second')}), 'applied applied',
    'and what they said was asked');
ok($s->wait_until(10, sub { !$jobs->() }), 'the gateway knows of no second charge');

# A refund made in the gateway's own pages has no reference, or somebody's; its charge's order tells whose it is.
my %by_hand = (order => $order->{id}, house => one_value($s, 'select house from ops.epoch'));
$hook->post(nmi => nmi_event('transaction.refund.success', id => $_->[0], transaction => '1234', %by_hand, reference => $_->[1],
    more => { original_transaction_id => $_->[2] }))
    for [ 'by-hand', '', $sale->{id} ], [ 'named', 'INVOICE 7', $sale->{id} ], [ 'of-none', '', '4321' ];
$hook->post(nmi => nmi_event('transaction.refund.success', id => 'alone', transaction => '1234', more => { original_transaction_id => $sale->{id} }));
my $looked = q{select count(*) from app.webhook_events where state <> 'received' and event_id in ('by-hand', 'named', 'of-none', 'alone')};
ok($s->wait_until(10, sub { one_value($s, $looked) == 4 }), 'refunds made at the gateway are looked at');
like($row->($_->[0])->{note}, $_->[1], "... and say so: $_->[0]")
    for (map { [ $_, qr/: the gateway is asked about it: it was succeeded$/ ] } 'by-hand', 'named', 'alone'),
    [ 'of-none', qr/: its charge is in no book of ours: kept until it is$/ ];
$hook->post(stripe => stripe_event('invoice.paid', id => 'same', transaction => 'in_2'));
my $which = $bx->('show', 'same');
ok($which->{status} == 1 && $which->{err} =~ /say --gateway/, 'where two gateways have used an id, it is asked which');
like($bx->('show', 'same', '--gateway', 'stripe')->{out}, qr/^type\s+invoice\.paid$/m, '... and told');

# So it is with jobs: a warning as long as they are tried, an error that says what to do once they are given up on.
$s->dbh->do(q{select ops.job_put(0, 'unheard_of', gen_random_uuid(), now(), false, 'r')});
ok($s->wait_until(5, sub { grep { $_->{kind} eq 'unheard_of' } $log->('job.failed') }), 'a job that fails');
$s->dbh->do(q{update ops.jobs set attempts = bury_after - 1, due_at = now() where kind = 'unheard_of'});
ok($s->wait_until(5, sub { $log->('job.buried') }), '... is buried in the end');
is(join(' ', map { $_->{level} } $log->('job.failed')), 'warn warn', '... which is told as a warning each time it failed');
is(join(' ', map { "$_->{level} $_->{kind} $_->{next}" } $log->('job.buried')), 'error unheard_of see `boxoffice jobs list`, then jobs retry',
    '... and as an error then');
is(join(' ', map { $_->{event} } grep { $_->{level} eq 'error' && !$_->{next} } map { $log->($_) } qw(webhook.buried job.buried db.failed jobs.round_failed)), '',
    'no error without what is next');
$s->dbh->do(q{delete from ops.jobs where kind = 'unheard_of'});
$s->dbh->do(q{delete from app.webhook_events where event_id = 'broken'});
$s->dbh->do('delete from app.refund_reports');    # the gateway has made none of them
$s->books_ok;
sound($s, 'at the end');
done_testing;
