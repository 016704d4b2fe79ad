# A callback is taken when its bytes are signed as its sender publishes it, with a live secret and in time, and otherwise leaves nothing.
# Signed by Hook.pm, which knows src/ not at all; then two thousand times with one byte of header or body changed.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Hook;
use IO::Socket::SSL;
use JSON::PP qw(decode_json);
use Problem;
use Stack;
use Storm qw(one_value);
use Test::More;

my $s     = Stack->up(pay => 1, hook => 2, api => 1, sandbox_sync => 0);
my $hook  = Hook->new($s);
my $kept  = sub { one_value($s, 'select count(*) from app.webhook_events') };
my $taken = 0;

# One claim: this answer, and one event more exactly when it is 200.
sub answered {
    my ($got, $status, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $now  = $kept->();
    my $code = { 400 => 'invalid_json', 401 => 'unauthenticated', 413 => 'body_too_large' }->{$status};
    my $good = $status == 200 ? $got->{status} == 200 && $got->{body} eq '{"received":true}' && $now == $taken + 1
        : $got->{status} == $status && $now == $taken && ($got->{json}{code} // '') eq $code
            && $got->{headers}{'content-type'} =~ m{^application/problem\+json};
    ok($good, "$name: $status") or diag("$got->{status} $got->{body}; $now events, were $taken");
    $taken = $now;
}

# --- where each is accepted -------------------------------------------------------

my %body = (
    nmi    => sub { nmi_event('transaction.settle.success', @_) },
    stripe => sub { stripe_event('customer.created', transaction => 'cus_1', @_) },
    resend => sub { '{"type":"email.delivered","created_at":"2026-01-01T00:00:00.000Z","data":{"email_id":"e1"}}' },
);
my @parties = sort keys %body;
is(nmi_signature('NMI-SIGNING-KEY', '{"event_id":"11111111-2222-3333-4444-555555555555","event_type":"transaction.sale.success","event_body":{}}', 'abc123nonce'),
    't=abc123nonce,s=066a024dc1bdbb89918f028b70b0f5eb598932086602c190e8e7c344f5660a90', 'NMI\'s own vector');
is(stripe_signature('whsec_test_secret', '{"id":"evt_1","object":"event"}', 1700000000),
    't=1700000000,v1=0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd', 'Stripe\'s');
is(standard_signature('whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX', 'msg_1', $body{resend}->(), 1700000000),
    'v1,rTBSwXTrzMM+EvMMwvdmEQhxBQJ0Wok83Q60Bo1si1c=', 'Standard Webhooks\'');
for my $party (@parties) {
    answered($hook->post($party, $body{$party}->(), at => $_), $_ eq $party ? 200 : 401, "what $party signs, sent to $_") for @parties;
    answered($hook->post($party, $body{$party}->(), at => $_, secret => $hook->secret($_)), 401, "signed as $party does with the secret of $_")
        for grep { $_ ne $party } @parties;
}
answered($hook->post(resend => $body{resend}->(), names => 'webhook'), 200, 'under the standard\'s own header names');
answered($hook->post(resend => $body{resend}->(), id => 'a.b'), 401, 'an id with a full stop in it, where the signed text divides');

# --- time -----------------------------------------------------------------------------

for my $case ([ stripe => 299, 200 ], [ stripe => 301, 401 ], [ stripe => 86400, 401 ], [ resend => 299, 200 ], [ resend => 301, 401 ], [ resend => -302, 401 ],
    [ nmi => 86400, 200 ])
{
    my ($party, $age, $status) = @$case;
    answered($hook->post($party, $body{$party}->(), time => time - $age), $status, "$party, signed $age s ago");
}

# --- secrets ----------------------------------------------------------------------------

# Sets a party's secrets and starts its pool anew, as an operator does.
sub live {
    my ($party, @secrets) = @_;
    open my $out, '>', $s->dir . "/secret/webhook_$party" or die "the secret can't be written: $!";
    print {$out} "@secrets\n";
    close $out;
    $s->stop('hook');
    $s->start('hook');
}

for my $party (@parties) {
    my $old = $hook->secret($party);
    my $new = $party eq 'nmi' ? Stack::random_key() : 'whsec_bmV3LXNlY3JldC1vZi0yNC1ieXRlcyE=';
    answered($hook->post($party, $body{$party}->(), secret => $new), 401, "$party: a secret not live yet");
    live($party, $new, $old);
    answered($hook->post($party, $body{$party}->(), secret => $_->[0]), 200, "$party: while both are live, the $_->[1]") for [ $old, 'old' ], [ $new, 'new' ];
    live($party, $new);
    answered($hook->post($party, $body{$party}->()), 401, "$party: afterwards the old");
    answered($hook->post($party, $body{$party}->(), secret => $new), 200, "$party: and the new");
    my $body = $body{$party}->();
    my %twice = $hook->headers($party, $body, secret => $new);
    if ($party eq 'stripe') {    # its sender signs with both secrets during a rotation, and with schemes of tests
        $twice{'Stripe-Signature'} = $twice{'Stripe-Signature'} =~ s/,v1=/,v1=@{[ '0' x 64 ]},v0=@{[ 'f' x 64 ]},v1=/r;
        answered($s->_request(POST => $hook->url($party), $body, %twice), 200, "$party: the right one of several signatures");
    }
    if ($party eq 'resend') {
        $twice{'svix-signature'} = 'v1a,AAAA v1,AAAA ' . $twice{'svix-signature'};
        answered($s->_request(POST => $hook->url($party), $body, %twice), 200, "$party: the right one of several signatures");
    }
    $hook->{$party} = $new;
}

# --- headers ---------------------------------------------------------------------------------

my $body  = $body{nmi}->();
my $right = nmi_signature($hook->secret('nmi'), $body, 'nonce');
my ($t, $v) = split /,/, $right;
my %wrong = (
    'none' => undef, 'an empty one' => '', 'a word' => 'hello', 'no nonce' => $v, 'no signature' => $t, 'an empty signature' => "$t,s=",
    'two nonces' => "$t,$t,$v",
    'two signatures' => "$t,$v,$v", 'in capitals' => $t . ',' . uc $v, 'cut short' => substr($right, 0, -1), 'one digit more' => "${right}0",
    'a comma at its end' => "$right,", 'a blank inside' => "$t, $v", 'a nonce that takes the body\'s begin' => "t=nonce.$body,$v",
    'Stripe\'s words' => $right =~ s/s=/v1=/r, 'blanks' => '   ',
    'a signature of zeros' => $t . ',s=' . '0' x 64,
);
answered($s->_request(POST => $hook->url('nmi'), $body, 'Webhook-Signature' => $wrong{$_}), 401, "a header that is $_") for sort keys %wrong;
answered($s->_request(POST => $hook->url('nmi'), $body, 'Webhook-Signature' => [ $right, $right =~ s/nonce/other/r ]), 401, "the header twice, $_->[1]")
    for [ $right =~ s/nonce/other/r, 'the second wrong' ], [ $right, 'the same' ];
answered($s->_request(POST => $hook->url('nmi'), $body, 'Webhook-Signature' => [ 't=a,s=b', $right ]), 401, 'the header twice, the first wrong');
my $length = length $body;
like($s->wire("POST /v1/webhooks/nmi HTTP/1.1\r\nHost: localhost\r\nWebhook-Signature: \x80\xff$right\r\nContent-Length: $length\r\nConnection: close\r\n\r\n$body"),
    qr{^HTTP/1.1 401\b}, 'bytes before it');
$body  = $body{stripe}->();
$right = stripe_signature($hook->secret('stripe'), $body);
($t, $v) = split /,/, $right;
answered($s->_request(POST => $hook->url('stripe'), $body, 'Stripe-Signature' => $_), 401, "Stripe's header as $_")
    for $v, $t, "$t,v0=" . substr($v, 3), "t=,$v", "t=-1,$v", "t=99999999999999999999,$v", "t=1e9,$v", "$t,$t,$v", "$t;$v", "$t,v1=" . uc substr $v, 3;
answered($s->_request(POST => $hook->url('nmi'), '{}'), 401, 'no signature at all');

# --- bodies ------------------------------------------------------------------------------------

sub filled {    # an event of so many bytes
    my ($bytes) = @_;
    my $text = nmi_event('transaction.settle.success', more => { pad => '' });
    return $text =~ s/"pad":"/'"pad":"' . 'x' x ($bytes - length $text)/er;
}
answered($hook->post(nmi => filled(1048576)), 200, 'a body of exactly 1 MiB');
my $big = $hook->post(nmi => filled(1048577));
answered($big, 413, 'one byte more');
problem_ok($big, 413, 'body_too_large', 'told as any refusal');
my @no_event = (
    [ 'no JSON' => 'hello' ], [ 'half an object' => '{"event_id":"a","event_type":"b"' ], [ 'two objects' => nmi_event('a') . '{}' ],
    [ 'a list' => '[]' ], [ 'a word' => '"a"' ],
    [ 'an object of nothing' => '{}' ], [ 'no id' => '{"event_type":"a"}' ], [ 'no type' => '{"event_id":"a"}' ], [ 'an empty id' => '{"event_id":"","event_type":"a"}' ],
    [ 'an id of 256 characters' => nmi_event('a', id => 'x' x 256) ], [ 'a number for an id' => '{"event_id":7,"event_type":"a"}' ],
    [ 'two ids' => '{"event_id":"a","event_id":"b","event_type":"a"}' ],
    [ 'an id inside' => '{"event_body":{"event_id":"a"},"event_type":"a"}' ], [ 'a line break in the id' => '{"event_id":"a\\nb","event_type":"a"}' ],
    [ 'a zero byte in the id' => '{"event_id":"a\\u0000b","event_type":"a"}' ], [ 'Latin-1' => "{\"event_id\":\"\xe9\",\"event_type\":\"a\"}" ],
    [ 'depth' => '{"event_id":"a","event_type":"b","event_body":' . '[' x 5000 . ']' x 5000 . '}' ], [ 'any bytes' => join '', map { chr } 0 .. 255 ],
    [ 'many bytes' => do { srand 7; join '', map { chr int rand 256 } 1 .. 100_000 } ], [ 'zeros' => "\0" x 1000 ],
);
my $told = sub {    # the lines of an event in the hook's log
    my ($event) = @_;
    open my $in, '<', $s->dir . '/log/hook.log' or die "hook.log: $!";
    return grep { $_->{event} eq $event } map { /^\{/ ? decode_json($_) : () } <$in>;
};
for my $case (@no_event) {
    my ($name, $text) = @$case;
    my $before = () = $told->('webhook.unreadable');
    answered($hook->post(nmi => $text), 400, "a signed body that is $name");
    my @lines = $told->('webhook.unreadable');
    my $line  = $lines[-1] // {};
    is_deeply([ @lines - $before, @{$line}{qw(level gateway size sha256)} ], [ 1, 'error', 'nmi', length $text, sha256_hex($text) ], '... and the operator is told')
        or diag(explain($line));
    like($line->{next}, qr/`boxoffice payments lookup`/, '... with what to do');
}
answered($hook->post(resend => $body{resend}->(), id => $_), 400, "a signed id of @{[ length ]} characters") for 'x' x 256, 'a b';
my $empty = $s->_request(POST => $hook->url('nmi'), '', $hook->headers(nmi => ''));
answered($empty, 401, 'a signed body of nothing');
answered($hook->post(nmi => " \n" . nmi_event('transaction.settle.success', more => { name => "Zo\x{eb} \x{1f3ab}" }) . "\n"), 200,
    'blanks around, and names of any letters');
$body = nmi_event('x');
answered($s->_request(POST => $hook->url('nmi'), $body, 'Content-Type' => 'text/plain', $hook->headers(nmi => $body)), 200, 'whatever it calls its content');

for my $method (qw(GET PUT DELETE PATCH)) {
    my $got = $s->_request($method, $hook->url('nmi'), undef, $hook->headers(nmi => ''));
    is("$got->{status} $got->{json}{code} $got->{headers}{allow}", '405 method_not_allowed POST', "$method is refused, with what is allowed");
}
is($s->_request(POST => $hook->url('paypal'), '{}')->{status}, 404, 'of a party that we don\'t know there is no address');
my $with_key = $s->_request(POST => $hook->url('nmi'), '{}', Authorization => 'Bearer ' . $s->admin_key);
answered($with_key, 401, 'a key of ours is no signature');

# --- what of it is kept -----------------------------------------------------------------------------

ok($s->wait_until(10, sub { !one_value($s, q{select count(*) from app.webhook_events where state = 'received'}) }), 'all that was taken is looked at');
is(one_value($s, q{select string_agg(distinct state, ' ') from app.webhook_events}), 'ignored', 'and what has a type of no use is kept and ignored');

# --- two thousand changes -------------------------------------------------------------------------------

my %one = (nmi => nmi_event('transaction.sale.success', id => 'mutated'), stripe => stripe_event('customer.created', id => 'evt_mutated'),
    resend => $body{resend}->());
my @odd = map { ref eq 'HASH' ? "died: $_->{died}" : @$_ } $s->parallel(8, sub {
    my ($n) = @_;
    my (%seen, @odd);
    srand 1000 + $n;
    for my $i (1 .. 250) {
        my $party   = $parties[ $i % 3 ];
        my $text    = $one{$party};
        my %headers = $hook->headers($party, $text, id => 'msg_mutated', nonce => 'nonce');
        my @signed  = grep { !/^svix-id$/ } sort keys %headers;
        my $which   = int rand 3 ? $signed[ rand @signed ] : '';
        my $ref     = $which ? \$headers{$which} : \$text;
        my $at      = int rand length $$ref;
        my $to      = chr($which ? 33 + int rand 94 : int rand 256);
        next if substr($$ref, $at, 1) eq $to;
        substr($$ref, $at, 1) = $to;
        my $got = $s->_request(POST => $hook->url($party), $text, %headers);
        push @odd, "$party $which: $got->{status}: " . ($which ? $$ref : $at) if $got->{status} != 401;
        $seen{ $got->{status} }++;
    }
    push @odd, "only $seen{401} were refused" if ($seen{401} // 0) < 200;
    return \@odd;
});
is_deeply(\@odd, [], 'two thousand requests with one byte of signature, time or body changed: each is 401');
is($kept->(), $taken, 'and none of them left anything');
is(one_value($s, q{select count(*) from app.webhook_events where event_id like '%mutated%'}), 0, 'least of all the event itself');
my $log = do { open my $in, '<', $s->dir . '/log/hook.log' or die "hook.log: $!"; local $/; <$in> };
like($log, qr/"event":"webhook.refused".*"gateway":"stripe".*"refused":"\d+"/, 'refusals are counted in the log');
like($log, qr/"event":"webhook.refused".*"gateway":"$_->[0]".*"why":"$_->[1]"/, "... with why: $_->[0], $_->[1]")
    for [ stripe => 'too old' ], [ resend => 'too old or too new' ], [ nmi => 'bad signature' ];
is($hook->post(nmi => $one{nmi})->{status}, 200, 'the same event as it was is taken');
done_testing;
