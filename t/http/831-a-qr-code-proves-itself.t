# Proves that a ticket's QR code, as SVG and as PNG, holds a code that a door checks without us: by our public keys alone, against each change.
# Decoded by zbar, which is not ours, the SVG drawn by this test; verified by openssl; and keys changed as an operator would.
use strict;
use warnings;
use File::Temp qw(tempdir);
use MIME::Base64 qw(decode_base64url);
use Problem;
use Stack;
use Test::More;

my $s     = Stack->up(pay => 1, hook => 1, api => 2);
my $shop  = $s->shop;
my $order = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my ($ticket, $other) = @{ $order->{tickets} };
my $dir = tempdir(CLEANUP => 1);
my $qr  = sub { my ($query, %more) = @_; $s->call(GET => "/v1/tickets/$ticket->{id}/qr$query", undef, %more) };
my $put = sub { my ($name, $bytes) = @_; open my $out, '>:raw', "$dir/$name" or die; print {$out} $bytes; close $out or die; return "$dir/$name" };

# What a picture says: the QR code in it, by zbar.
sub decoded {
    my ($file) = @_;
    my $said = `zbarimg -q --raw -Sdisable -Sqrcode.enable '$file' 2>/dev/null`;
    chomp $said;
    return $said;
}

# An SVG of one path of rectangles, as a picture: eight pixels a module.
sub drawn {
    my ($svg) = @_;
    my ($side)  = $svg =~ /viewBox="0 0 (\d+) \1"/ or return '';
    my ($path)  = $svg =~ /<path d="([^"]+)"/ or return '';
    my @rows    = map { [ (255) x $side ] } 1 .. $side;
    while ($path =~ /M(\d+) (\d+)h(\d+)v1h-(\d+)z/g) { @{ $rows[$2] }[ $1 .. $1 + $3 - 1 ] = (0) x $3 }
    my $bytes = join '', map { my $row = join '', map { chr($_) x 8 } @$_; $row x 8 } @rows;
    return 'P5 ' . $side * 8 . ' ' . $side * 8 . " 255\n$bytes";
}

sub base32 {
    my ($text, $n) = @_;
    my %digit = do { my $i = 0; map { $_ => $i++ } split //, '0123456789ABCDEFGHJKMNPQRSTVWXYZ' };
    return pack 'B' . $n * 8, join '', map { sprintf '%05b', $digit{$_} // die "no digit: $_\n" } split //, $text;
}

# The check of a door without a network, by the page of ticket_code.h.
sub holds {
    my ($code, $keys) = @_;
    my ($said, $kid, $signature) = $code =~ /^(BX1\.([0-9A-F]{8})\.[0-9A-Z]{26}\.[0-9A-Z]{26})\.([0-9A-Z]{103})$/ or return 'ill formed';
    my ($key) = grep { $_->{kid} eq $kid } @{ $keys->{keys} } or return 'unknown key';
    # SubjectPublicKeyInfo of RFC 8410: twelve fixed bytes before the 32 of the key.
    my $der = $put->('key.der', pack('H*', '302a300506032b6570032100') . decode_base64url($key->{x}));
    my ($signed, $made) = ($put->('said', $said), $put->('signature', base32($signature, 64)));
    return system("openssl pkeyutl -verify -pubin -keyform DER -inkey $der -rawin -in $signed -sigfile $made >/dev/null 2>&1") == 0 ? 'holds' : 'forged';
}

# --- what it holds --------------------------------------------------------------------------

my $png = $qr->('?format=png');
is("$png->{status} $png->{headers}{'content-type'} $png->{headers}{'cache-control'}", '200 image/png no-store', 'a picture');
my $code = decoded($put->('qr.png', $png->{body}));
like($code, qr/^BX1\./, '... that zbar reads');
my $svg = $qr->('');
is("$svg->{status} $svg->{headers}{'content-type'}", '200 image/svg+xml', 'a drawing, where nothing else is asked for');
is(decoded($put->('qr.pgm', drawn($svg->{body}))), $code, '... of the same code');
is($qr->('?format=text')->{body}, $code, '... which is there as text');
my (undef, undef, $tix, $evt) = split /\./, $code;
is(lc "tix_$tix evt_$evt", "$ticket->{id} $shop->{event}", 'it names ticket and event');
cmp_ok((split /"/, ($svg->{body} =~ /(viewBox=.*?>)/)[0])[1] =~ /(\d+)$/ ? $1 : 999, '<=', 45 + 8, '... in 45 modules, with four of quiet around');

my $keys = $s->must(GET => '/v1/tickets/keys');
is_deeply([ map { "$_->{kty} $_->{crv} $_->{alg}" } @{ $keys->{keys} } ], ['OKP Ed25519 EdDSA'], 'the public keys are a JSON Web Key Set');
is(holds($code, $keys), 'holds', 'with them, openssl takes the code');
(my $swapped = $code) =~ s/\Q$tix\E/uc substr $other->{id}, 4/e;
is(holds($swapped, $keys), 'forged', '... not one with another ticket\'s id in it');
is($s->call(POST => '/v1/tickets/scan', { code => $swapped })->{status}, 404, '... nor does a scan');
is($s->must(POST => '/v1/tickets/scan', { code => decoded($put->('again.png', $qr->('?format=png')->{body})) })->{status}, 'valid', 'a scan of the picture lets in');

# --- forms and sizes --------------------------------------------------------------------------

for my $size (128, 200, 1024) {
    my $body = $qr->("?format=png&size=$size")->{body};
    is(decoded($put->("s$size.png", $body)), $code, "a picture of $size pixels is read");
    cmp_ok(unpack('x16 N', $body), '<=', $size, '... and is not larger');
    like($qr->("?size=$size")->{body}, qr/width="$size" height="$size"/, '... a drawing says that it is');
}
fields_ok($qr->("?size=$_"), { '?size' => 'out_of_range' }, "no size $_") for qw(127 1025 1.5 x);
fields_ok($qr->('?format=gif'), { '?format' => 'unknown_value' }, 'no other form');
fields_ok($qr->('?colour=red'), { '?colour' => 'unknown_field' }, 'no other parameter');
is($qr->($_->[1], Accept => $_->[0])->{headers}{'content-type'}, $_->[2], "Accept: $_->[0] $_->[1]") for
    [ 'image/png', '', 'image/png' ], [ 'image/svg+xml, image/png;q=0.5', '', 'image/svg+xml' ], [ '*/*', '', 'image/svg+xml' ],
    [ 'text/plain', '', 'text/plain; charset=utf-8' ], [ 'image/png', '?format=svg', 'image/svg+xml' ];

# --- whose it is --------------------------------------------------------------------------------

my $guest = $s->must(POST => '/v1/access_tokens', { order => $order->{id} })->{token};
is($qr->('', key => $guest)->{body}, $svg->{body}, 'its guest has it too');
my $stranger = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
problem_ok($qr->('', key => $s->must(POST => '/v1/access_tokens', { order => $stranger->{id} })->{token}), 404, 'not_found', 'another guest has not');
problem_ok($s->call(GET => '/v1/tickets/tix_' . '0' x 25 . '1/qr'), 404, 'not_found', 'nor has anybody that of no ticket');
$s->must(POST => "/v1/orders/$order->{id}/refunds", { tickets => [ $other->{id} ] });
problem_ok($s->call(GET => "/v1/tickets/$other->{id}/qr"), 409, 'state_conflict', 'one that is refunded has none');

# --- keys change ----------------------------------------------------------------------------------

my $file = $s->dir . '/secret/ticket.key';
my $old  = do { open my $in, '<', $file or die; local $/; <$in> };
my $ring = sub { open my $out, '>', $file or die; print {$out} @_; close $out or die; $s->stop('api'); $s->start('api') };
my $new  = Stack::random_key() . Stack::random_key() . "\n";
$ring->($new, $old);
my $both = $s->must(GET => '/v1/tickets/keys');
is(scalar @{ $both->{keys} }, 2, 'with a new key before the old one both are published');
my $now = $qr->('?format=text')->{body};
isnt((split /\./, $now)[1], (split /\./, $code)[1], '... the new one signs');
is(holds($_, $both), 'holds', '... codes of both hold') for $code, $now;
is($s->must(POST => '/v1/tickets/scan', { code => $_ })->{status}, 'used', '... and both are known at the door') for $code, $now;
$ring->($new);
is(holds($code, $s->must(GET => '/v1/tickets/keys')), 'unknown key', 'without the old one its codes hold no more');
problem_ok($s->call(POST => '/v1/tickets/scan', { code => $code }), 404, 'not_found', '... nor are they taken');
is($s->must(POST => '/v1/tickets/scan', { code => $ticket->{code} })->{status}, 'used', '... while what is typed always is');

# --- a worker without one ---------------------------------------------------------------------------

my %env = (BOXOFFICE_GATEWAY_URL => 'https://127.0.0.1:1', BOXOFFICE_GATEWAY_SECURITY_KEY => 'x', BOXOFFICE_GATEWAY_CA_FILE => $s->ca,
    BOXOFFICE_REDIS_URL => 'unix:///x');
my $without = $s->run([ 'boxoffice-api', 'api' ], %env);
is($without->{status}, 2, 'pool api does not start without the file');
like($without->{err}, qr/BOXOFFICE_TICKET_KEY_FILE/, '... and names the setting');
$s->books_ok;
done_testing;
