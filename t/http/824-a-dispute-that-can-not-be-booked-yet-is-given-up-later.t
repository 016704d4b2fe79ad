# Proves that a dispute of a charge that no order took, given up while it isn't known whether that charge went back, is lost in the books once that is known.
# By a card charged twice at a gateway without an API, and a refund whose answer is lost.
use strict;
use warnings;
use Papers;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2, BOXOFFICE_CALL_DEADLINE_MS => 1500,
    BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 12000 });
my $shop = $s->shop(organizer => { gateway => 'nmi' });

$s->stop('jobs');
my $order = uuid_of($s->buy($shop, { Floor => 1 }, payment_token => 'tok_double')->{json}{id});
$s->sandbox(POST => '/sandbox/settle');
my $first = one_value($s, q{select gateway_transaction from app.payments where order_id = ? and state = 'succeeded'}, $order);
my ($second) = grep { $_->{kind} eq 'sale' && $_->{id} ne $first } @{ $s->sandbox(GET => '/sandbox/transactions?order=' . typeid(ord => $order))->{json}{data} };
$s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => 'drop_before', count => 1 });
$s->start('jobs');
my $under_way = sub { one_value($s, q{select count(*) from app.payments where order_id = ? and kind = 'refund' and state in ('sending', 'unknown')}, $order) };
ok($s->wait_until(15, $under_way), 'the second charge is on its way back');
$s->sandbox(POST => '/sandbox/disputes', { transaction => $second->{id}, reason => 'fraudulent' });
ok($s->wait_until(10, sub { one_value($s, 'select count(*) from app.disputes where moved') }), '... and disputed');
ok($under_way->(), '... while nobody knows whether it came back');

my ($dispute) = @{ $s->must(GET => '/v1/disputes', undef, key => 'admin')->{data} };
is($s->call(POST => "/v1/disputes/$dispute->{id}/accept", undef, key => 'admin')->{status}, 200, 'it is given up');
$s->wait_until(5, sub { one_value($s, q{select count(*) from ops.jobs where kind = 'evidence_send' and attempts > 0}) });
my $stands = sub { one_value($s, q{select status || ' ' || answer from app.disputes}) };
is($stands->(), 'needs_response accepting', '... which is not done before that is known');
ok($s->wait_until(60, sub { $stands->() eq 'accepted accepted' }), '... and then it is') or diag($stands->());
my %posted = map { $_->{kind} => 1 } @{ $s->must(GET => '/v1/ledger/entries?order=' . typeid(ord => $order), undef, key => 'admin')->{data} };
ok($posted{dispute_lost}, '... lost in the books');

$s->books_ok;
done_testing;
