# What a gateway says stands sealed in the database: a dump of all of it and the logs hold none of it, and the sealing keys can be changed while the house works.
# Distinctive strings are sent, looked for in pg_dump and every log, and opened again under the old key, both, and the new one alone.
use strict;
use warnings;
use Hook;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 1, sandbox_sync => 0, env => { BOXOFFICE_SWEEP_SECONDS => 2 });
my $shop = $s->shop;
my $hook = Hook->new($s);
my $file = $s->dir . '/secret/seal.key';
my $held = sub { !one_value($s, q{select count(*) from app.webhook_events where state = 'received'}) };

# --- nothing of a payload in the open -------------------------------------------------

my @words = map { "w$_-" . Stack::random_key() } 1 .. 4;
my %body = (
    nmi => nmi_event('transaction.sale.success', id => 'opened', transaction => '77', reference => "pay-$words[0]",
        more => { billing_address => { first_name => $words[1], email => "$words[2]\@example.com" },
            card => { cc_number => '4xxxxxxxxxxx7391', cc_exp => '1031' } }),
    bad    => nmi_event('transaction.sale.success', id => 'refused', more => { order_description => $words[1] }),
    twice  => nmi_event('transaction.sale.success', id => 'twice', more => { $words[1] => 1 }) =~ s/("\Q$words[1]\E":)1/${1}1,${1}2/r,
    stripe => stripe_event('payment_intent.succeeded', id => 'evt_opened', transaction => 'pi_77', more => { receipt_email => "$words[2]\@example.com" }),
    resend => qq({"type":"email.bounced","data":{"to":["$words[3]\@example.com"],"subject":"Zo\xc3\xab"}}),
);
is($hook->post(/bad|twice/ ? 'nmi' : $_, $body{$_}, id => 'msg_opened')->{status}, 200, "$_: an event is taken") for sort keys %body;
my $keep = sub { $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, payment_token => 'tok_visa'), idem => 'kept') };
my $kept = $keep->();
ok($s->wait_until(10, sub { one_value($s, q{select count(*) from app.webhook_events where state <> 'received'}) >= 4 }), 'all but two are looked at');
for my $bad (qw(refused twice)) {
    ok($s->wait_until(10, sub { one_value($s, 'select attempts from app.webhook_events where event_id = ?', $bad) > 1 }), "$bad: fails, twice");
}
like(one_value($s, q{select note from app.webhook_events where event_id = 'twice'}), qr/^invalid_json: the body is JSON of a kind that is not read/, '... and says why');
$hook->post(nmi => $body{nmi}, secret => 'wrong');

my @leaks = (@words, '4xxxxxxxxxxx7391', 'receipt_email', 'cc_exp', 'billing_address', 'pi_77', 'event_body', 'requested_amount',
    $hook->secret('nmi'), $hook->secret('stripe'));
my ($user, $db, $host) = $s->{database_url} =~ m{//(\w+)@/(\w+)\?host=(.+)};
my $dump = `pg_dump -h '$host' -U postgres '$db'`;
cmp_ok(length $dump, '>', 100_000, 'everything is dumped');
like($dump, qr/^COPY app\.webhook_events .*^opened\tnmi\t/ms, 'the events too');
for my $text ($dump, map { s/\\\\x([0-9a-f]+)/pack 'H*', $1/ger } $dump) {    # and with every bytea read as bytes
    is(join(' ', grep { index($text, $_) >= 0 } @leaks), '', 'and nothing of what they say is in it');
}
for my $log (sort glob $s->dir . '/log/*.log') {
    open my $in, '<', $log or die "$log: $!";
    my $text = do { local $/; <$in> } // '';
    is(join(' ', grep { index($text, $_) >= 0 } @leaks), '', 'nor in ' . $log =~ s{.*/}{}r);
}
my $files = join ' ', map { "-e '$_'" } @words;
is(`grep -rlF $files $host/../conf $host/../tmp 2>/dev/null`, '', 'nor in any file left behind');

# --- for operators -----------------------------------------------------------------------

sub shows {
    my ($event, $word, $name, @more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $got = $s->boxoffice('webhooks', 'show', $event, @more);
    return ok($got->{status} == 0 && index($got->{out}, $word) > 0, $name) || diag(explain($got));
}
shows('opened', "\n$body{nmi}\n", '`webhooks show` opens one, to the byte');
shows('evt_opened', $body{stripe}, 'of each gateway');
is($s->dbh->selectrow_array(q{select count(distinct substring(payload from 5 for 12)) = count(*) from app.webhook_events}), 1, 'no nonce was used twice');

# Bound to its event and gateway: a payload moved to another row does not open there.
$s->dbh->do(q{update app.webhook_events set payload = (select payload from app.webhook_events where event_id = 'opened') where event_id = 'evt_opened'});
my $moved = $s->boxoffice(qw(webhooks show evt_opened));
ok($moved->{status} == 1 && $moved->{err} =~ /can't be opened with the keys/ && $moved->{out} !~ /\Q$words[0]\E/, 'a payload moved to another event does not open')
    or diag(explain($moved));
$s->dbh->do(q{delete from app.webhook_events where event_id in ('evt_opened', 'refused', 'twice')});

# --- another key ------------------------------------------------------------------------------

# The key file anew, and the programs with it.
sub keys_are {
    my (@lines) = @_;
    open my $out, '>', $file or die "$file: $!";
    print {$out} map { "$_\n" } @lines;
    close $out;
    for my $part (qw(hook pay api jobs)) { $s->stop($part); $s->start($part) }
    $s->wait_until(10, sub { $s->call(GET => '/readyz', undef, key => undef)->{status} == 200 });
}

# {key id => [role, webhooks, answers, evidence]}
sub keys_listed {
    my $got = $s->boxoffice(qw(secrets list));
    is($got->{status}, 0, 'the keys are listed') or diag($got->{err});
    unlike($got->{out}, qr/[0-9a-f]{16}/, '... and none of them is shown');
    return { map { /^([0-9a-f]{8})\s+(\w+)\s+(\d+)\s+(\d+)\s+(\d+)$/ ? ($1 => [ $2, $3, $4, $5 ]) : () } split /\n/, $got->{out} };
}

chomp(my $old = do { open my $in, '<', $file or die "$file: $!"; <$in> });
my $new  = Stack::random_key() . Stack::random_key();
my $list = keys_listed();
my ($old_id) = keys %$list;
is(scalar keys %$list, 1, 'at first there is one');
is($list->{$old_id}[0], 'writes', '... that writes');
ok($list->{$old_id}[1] >= 3 && $list->{$old_id}[2] >= 1, '... under which events and answers stand') or diag(explain($list));

keys_are($old, "# the next one", $new);
$list = keys_listed();
my ($new_id) = grep { $_ ne $old_id } keys %$list;
is_deeply([ $list->{$old_id}[0], $list->{$new_id} ], [ 'writes', [ 'reads', 0, 0, 0 ] ], 'a second line only reads');

keys_are($new, $old);
my $again = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa', metadata => {});
is($again->{status}, 201, 'with the new key first tickets are sold');
ok($s->wait_until(10, sub { one_value($s, q{select count(*) from app.webhook_events where state = 'applied'}) >= 2 }), '... and events taken and opened');
$list = keys_listed();
is_deeply([ map { $_->[0] } @$list{ $new_id, $old_id } ], [ 'writes', 'reads' ], 'it writes, the old one reads');
ok($list->{$new_id}[1] >= 1 && $list->{$old_id}[1] >= 3, 'what is new stands under it, what was there under the old') or diag(explain($list));
shows('opened', $body{nmi}, 'the old still opens');

# --- all of it anew, beside a working house ---------------------------------------------------------

my $many = 400;
is(join(' ', $s->parallel(4, sub {
    my ($n) = @_;
    return scalar grep { $hook->post(nmi => nmi_event('x.y', id => "many-$n-$_"))->{status} != 200 } 1 .. $many / 4;
})), '0 0 0 0', "$many events more");
$s->wait_until(10, $held);
keys_are($old, $new);    # back, so that there is much to do
keys_are($new, $old);
$list = keys_listed();
my $all     = $list->{$old_id}[1] + $list->{$old_id}[2] + $list->{$new_id}[1] + $list->{$new_id}[2];
my $selling = later(sub { join ' ', map { $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status} } 1 .. 10 });
my $rotated = $s->boxoffice(qw(secrets rotate));
my $stood   = $list->{$old_id}[1] + $list->{$old_id}[2];
is($rotated->{status}, 0, 'they are sealed anew');
is($rotated->{err}, "boxoffice: $stood sealed anew\n", '... all that stood under the old, said in one line where nobody looks on');
is($rotated->{out}, '', '... and nothing else');
is(answer($selling), join(' ', (201) x 10), 'tickets are sold meanwhile');
$list = keys_listed();
is_deeply([ @{ $list->{$old_id} }[ 1, 2 ] ], [ 0, 0 ], 'nothing stands under the old');
cmp_ok($list->{$new_id}[1] + $list->{$new_id}[2], '>=', $all, 'all of it under the new');
is($s->boxoffice(qw(secrets rotate))->{err}, "boxoffice: 0 sealed anew\n", 'once more there is nothing to do');

keys_are($new);
shows('opened', $body{nmi}, 'the old line taken away, everything opens');
is($hook->post(nmi => nmi_event('x.y', id => 'under-new'))->{status}, 200, '... and is taken');
is($keep->()->{body}, $kept->{body}, '... a key of long ago gets its answer, byte for byte');
is($s->boxoffice(qw(webhooks replay opened))->{status}, 0, '... and looked at again');
ok($s->wait_until(10, $held), '... by the daemon too');

# --- a key that is not there any more -----------------------------------------------------------------

keys_are($old);
my $lost = $s->boxoffice(qw(secrets list));
like($lost->{out}, qr/^$new_id\s+MISSING\s+\d+/m, 'with a wrong key file the list says which key is missing');
my $shut = $s->boxoffice(qw(webhooks show opened));
ok($shut->{status} == 1 && $shut->{err} =~ /^boxoffice: .*can't be opened with the keys of the present key file/, '`webhooks show` says so')
    or diag(explain($shut));
my $left = $s->boxoffice(qw(secrets rotate));
ok($left->{status} == 1 && $left->{err} =~ /^boxoffice: 0 sealed anew, \d+ left: no key of the key file opens them/, 'and `secrets rotate` leaves what it can\'t open')
    or diag(explain($left));
keys_are($new);
shows('opened', $body{nmi}, 'which opens again with its key');
$s->books_ok;
done_testing;
