# Proves that the evidence pack has what the system knows of a disputed purchase, as it was at the purchase, and nothing that has no source; and that it is
# frozen when it is submitted. By an order with everything, and one with nothing, compared with what was told to the API.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode_utf8);
use JSON::PP;
use Papers;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 2, api => 2);
my $pack = sub { $s->must(GET => "/v1/disputes/$_[0]/evidence_pack", undef, key => 'admin') };
my $terms = "No refunds after the doors open.\nIm Zweifel gilt das gesprochene Wort: \x{201e}ja\x{201c}.";
my $shop = $s->shop(organizer => { gateway => 'stripe', terms => $terms, refund_policy => { refund_fees => JSON::PP::true, until_hours_before_event => 48 } },
    types => [ [ Floor => 5000, 100 ], [ Balcony => 2500, 100 ] ]);
my $client = { ip => '203.0.113.9', user_agent => 'Mozilla/5.0 (Test)', device_id => 'dev-1' };
my $buy = sub { my ($cart, %more) = @_; $s->buy($shop, $cart, payment_token => 'pm_card_visa', client => $client, %more)->{json} };

my $early = $buy->({ Balcony => 1 });
my $other = $buy->({ Balcony => 1 }, guest => { email => 'somebody@else.example', name => 'Some Body' });
my $theirs = $buy->({ Balcony => 1 });
disputed($s, $theirs->{id});
$s->advance_clock(60);
my $order = $buy->({ Balcony => 1, Floor => 2 });
my $later = $buy->({ Balcony => 1 });
$s->must(PATCH => "/v1/organizers/$shop->{organizer}", { terms => 'Everything is different now.', refund_policy => { until_hours_before_event => 1 } }, key => 'admin');
my ($used) = grep { $_->{ticket_type} eq $shop->{types}{Floor} } @{ $order->{tickets} };
my $door = sub { $s->must(POST => '/v1/tickets/scan', { code => $used->{code}, gate => $_[0], device => 'scanner 7' }) };
my $scan = $door->('North');
my $at   = $scan->{created_at};
$door->('South');
my ($given) = grep { $_->{ticket_type} eq $shop->{types}{Balcony} } @{ $order->{tickets} };
my $refund = $s->must(POST => "/v1/orders/$order->{id}/refunds", { tickets => [ $given->{id} ], reason => 'came with a dog' });
$s->wait_until(15, sub { $s->must(GET => "/v1/refunds/$refund->{id}")->{status} eq 'succeeded' });
my ($dispute, $dp) = disputed($s, $order->{id}, amount => 5000);

# --- what is in it ------------------------------------------------------------------

my $p = $pack->($dispute);
is("$p->{object} $p->{dispute}", "evidence_pack $dispute", 'a dispute has a pack');
is("$p->{order}{id} $p->{order}{amounts}{total}", "$order->{id} $order->{amounts}{total}", 'with its order');
ok(!exists $p->{order}{amounts}{share}, '... without what organizer and platform share');
like($p->{receipt}, qr/^Order $order->{id} .*1 x Balcony, 2 x Floor\n.*Total 142\.75 USD, paid 2[-\d]+T[\d:]+Z with visa ending 4242\n/s, '... its receipt')
    or diag($p->{receipt});
is($p->{charge}{card}{brand}, 'visa', '... the card');
is_deeply({ map { $_ => $p->{purchase}{$_} } qw(ip user_agent device_id) }, $client, '... address, browser and device of the purchase');
is($p->{event}{name}, 'Opening night', '... the event');
is($p->{terms}{body}, $terms, '... the terms in force at the purchase, not those of today');
is($p->{terms}{sha256}, sha256_hex(encode_utf8($terms)), '... with their hash');
is_deeply([ $p->{refund_policy}{until_hours_before_event}, $p->{refund_policy}{refund_fees} ], [ 48, JSON::PP::true ], '... and the refund policy likewise');
is_deeply([ map { "$_->{type} $_->{status} " . ($_->{used_at} // '-') } sort { "$a->{type} $a->{status}" cmp "$b->{type} $b->{status}" } @{ $p->{tickets} } ],
    [ 'Balcony refunded -', "Floor used $at", 'Floor valid -' ], '... tickets, and who was let in');
is_deeply([ map { "$_->{ticket} $_->{status} $_->{gate} $_->{device}" } @{ $p->{scans} } ],
    [ "$used->{id} valid North scanner 7", "$used->{id} used South scanner 7" ], '... every scan at a door');
is_deeply([ map { "$_->{id} $_->{amount} $_->{status} $_->{reason}" } @{ $p->{refunds} } ],
    [ "$refund->{id} $refund->{amount} succeeded came with a dog" ], '... refunds');
is_deeply([ map { $_->{id} } @{ $p->{earlier_orders} } ], [ $early->{id} ], '... the guest\'s earlier undisputed orders: none of another, later or disputed');
is_deeply([ @{ $p->{earlier_orders}[0] }{qw(same_ip same_device)} ], [ JSON::PP::true, JSON::PP::true ], '... from the same address and device');
is($p->{text}{customer_email_address}, 'guest@example.com', 'texts for fields that nobody gave');
my $second = substr $at, 0, 19;
like($p->{text}{access_activity_log}, qr/^${second}Z ticket $used->{id} scanned at the door, gate North, device scanner 7: admitted$/m, '... from the door, once');
is($p->{text}{cancellation_policy_disclosure}, $terms, '... from the terms');
like($p->{text}{uncategorized_text}, qr/dev-1.*Earlier undisputed order/s, '... from device and history');
is($p->{frozen}, JSON::PP::false, 'it is not frozen yet');

my $plain = $s->shop(organizer => { gateway => 'stripe' });
my $bare  = $s->buy($plain, { Floor => 1 }, payment_token => 'pm_card_visa')->{json};
my ($bare_dispute) = disputed($s, $bare->{id});
my $q = $pack->($bare_dispute);
is(join(' ', grep { exists $q->{$_} } qw(terms scans refunds earlier_orders)), '', 'what has no source is not there');
is(join(' ', grep { exists $q->{purchase}{$_} } qw(ip user_agent device_id)), '', '... nor are its parts');

# --- frozen -------------------------------------------------------------------------

my $fresh = sub { my %p = %{ $pack->($dispute) }; delete @p{qw(made_at frozen id sha256 evidence)}; JSON::PP->new->canonical->encode(\%p) };
my $before = $fresh->();
is($s->call(POST => "/v1/disputes/$dispute/submit", undef, key => 'admin')->{status}, 200, 'it is submitted');
$s->dbh->do(q{update app.tickets set status = 'valid', used_at = null where id = ?}, undef, uuid_of($used->{id}));
is($fresh->(), $before, 'the pack stays as it was');
my $frozen = $s->call(GET => "/v1/disputes/$dispute/evidence_pack", undef, key => 'admin');
is($frozen->{json}{frozen}, JSON::PP::true, '... and says so');
my ($bytes) = $frozen->{body} =~ /^(.*),"frozen":/s;
is($frozen->{json}{sha256}, sha256_hex("$bytes}"), '... with the hash of its bytes');
problem_ok(give($s, $dispute, receipt => png('late'), 'image/png'), 409, 'state_conflict', 'nothing is given after it');
problem_ok($s->call(POST => "/v1/disputes/$dispute/evidence", { customer_name => 'Eve' }, key => 'admin'), 409, 'state_conflict', '... no text either');

$s->books_ok;
done_testing;
