# Proves that evidence is taken for what its bytes are, up to its limits, and never kept in the open. By whole and renamed files, raw bytes over TLS
# around the limit, every organizer's key, and a dump of the database afterwards.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use IO::Socket::SSL;
use Papers;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s      = Stack->up(pay => 2, hook => 2, api => 2);
my $shop   = $s->shop;
my $order  = $s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json};
my ($dispute, $theirs) = disputed($s, $order->{id});
my $path   = "/v1/disputes/$dispute";
my $kept   = sub { one_value($s, q{select count(*) from app.evidence}) };
my $secret = 'Swordfish-4711';
my %file   = ('application/pdf' => pdf($secret), 'image/jpeg' => jpeg($secret), 'image/png' => png($secret));

# --- what it is --------------------------------------------------------------------

my $field = 0;
for my $type (sort keys %file) {
    my $name = (qw(receipt refund_policy customer_communication))[ $field++ ];
    my $got  = give($s, $dispute, $name, $file{$type}, $type);
    is($got->{status}, 201, "$type is taken") or diag($got->{body});
    like($got->{json}{id}, qr/^evd_/, '... under an id of its own');
    is($got->{json}{sha256}, sha256_hex($file{$type}), '... with its hash');
}
my $elf = do { open my $in, '<:raw', '/bin/true' or die $!; local $/; <$in> };
my $before = $kept->();
my $refused = sub { my ($what, $bytes, $type) = @_; problem_ok(give($s, $dispute, 'receipt&name=receipt.pdf', $bytes, $type), 415, 'unsupported_media_type', $what) };
$refused->('an executable that is called a PDF', $elf, 'application/pdf');
$refused->('... or that begins like one', "%PDF-1.4\n$elf", 'application/pdf');
$refused->('a PDF with an archive behind it', $file{'application/pdf'} . "PK\5\6" . 'x' x 18, 'application/pdf');
$refused->('an image that is cut', substr($file{'image/png'}, 0, -1), 'image/png');
$refused->('an image that is another than its type says', $file{'image/png'}, 'image/jpeg');
$refused->('a page', '<html></html>', 'text/html');
$refused->('nothing', '', 'application/pdf');
problem_ok(give($s, $dispute, cheese => $file{'image/png'}, 'image/png'), 400, 'invalid_request', 'a file for no field');
my $say = sub { my ($body, %more) = @_; return $s->call(POST => "$path/evidence", $body, key => 'admin', %more) };
problem_ok($say->($file{'image/png'}, 'Content-Type' => 'image/png'), 400, 'invalid_request', 'a file that does not say its field');
problem_ok($say->({}), 400, 'invalid_request', 'no text at all');
problem_ok($say->({ receipt => 'text' }), 400, 'invalid_request', 'a text for a file\'s field');
problem_ok($say->({ communication => 'paid with 4111 1111 1111 1111' }), 400, 'card_data_refused', 'a text with a card number');
is($kept->(), $before, 'none of them was kept');

# --- how much ----------------------------------------------------------------------

my $mib = 1024 * 1024;
my $full = pdf('full', 5 * $mib);
is(length $full, 5 * $mib, 'a file of 5 MiB');
is(give($s, $dispute, uncategorized_file => $full, 'application/pdf')->{status}, 201, '... is taken');
problem_ok(give($s, $dispute, receipt => pdf('more', 5 * $mib + 1), 'application/pdf'), 413, 'body_too_large', 'a byte more is not');

# How many bytes of 6 MiB are accepted before the answer is there.
my ($host, $port) = $s->url =~ m{//([\w.]+):(\d+)};
for my $how ([ 'announced' => 'Content-Length: ' . 6 * $mib ], [ 'in chunks' => 'Transfer-Encoding: chunked' ]) {
    my $sock = IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, SSL_ca_file => $s->ca) or die "no connection: $SSL_ERROR";
    print {$sock} "POST $path/evidence?field=receipt HTTP/1.1\r\nHost: boxoffice\r\nConnection: close\r\nContent-Type: application/pdf\r\n",
        'Authorization: Bearer ', $s->admin_key, "\r\n$how->[1]\r\n\r\n";
    my ($sent, $answer, $out) = (0, '', '');
    local $SIG{PIPE} = 'IGNORE';
    $sock->blocking(0);
    for (my $end = time + 20; time < $end && $sent < 6 * $mib && $answer !~ /\r\n\r\n/;) {
        $out = $how->[0] eq 'in chunks' ? sprintf "%x\r\n%s\r\n", 65536, 'x' x 65536 : 'x' x 65536 if $out eq '' && ($how->[0] eq 'in chunks' || !$sent);
        my $n = $out eq '' ? 0 : syswrite($sock, $out) // 0;
        $out = substr $out, $n;
        $sent += $n;
        sysread $sock, $answer, 65536, length $answer;
        select undef, undef, undef, 0.002;
    }
    like($answer, qr{^HTTP/1.1 413 }, "6 MiB $how->[0] are refused") or diag("$sent bytes: $answer");
    cmp_ok($sent, '<', 6 * $mib, "... after $sent bytes");
}
is(give($s, $dispute, $_, $full, 'application/pdf')->{status}, 201, "another for $_") for qw(receipt refund_policy);
problem_ok(give($s, $dispute, customer_signature => $full, 'application/pdf'), 413, 'body_too_large', 'more than 20 MiB of files together');
is(give($s, $dispute, uncategorized_file => $file{'image/png'}, 'image/png')->{status}, 201, '... but one in another\'s place');
my @long = qw(product_description access_activity_log refund_refusal_explanation cancellation_rebuttal);
problem_ok($say->({ map { $_ => 'x' x 20000 } @long }), 413, 'body_too_large', 'texts of more than 64 KiB at once');

# --- whose -------------------------------------------------------------------------

my $texts = { service_date => '2026-12-24', communication => "She wrote: $secret", customer_name => 'Ada' };
my $got   = $say->($texts);
is($got->{status}, 201, 'texts are taken');
is_deeply([ sort @{ $got->{json}{fields} } ], [ sort keys %$texts ], '... for their fields');
my $token = $s->must(POST => '/v1/access_tokens', { organizer => $shop->{organizer} })->{token};
is(give($s, $dispute, receipt => $file{'image/png'}, 'image/png', key => $token)->{status}, 201, 'its organizer may give evidence');
my $other = $s->must(POST => '/v1/access_tokens', { organizer => $s->shop->{organizer} })->{token};
problem_ok(give($s, $dispute, receipt => $file{'image/png'}, 'image/png', key => $other), 404, 'not_found', 'another may not');
problem_ok($s->call(GET => "$path/evidence_pack", undef, key => $other), 404, 'not_found', '... nor see the pack');
problem_ok($s->call(POST => "$path/$_", undef, key => $other), 404, 'not_found', "... nor $_") for qw(submit accept);
problem_ok(give($s, typeid(dsp => '01000000-0000-8000-8000-000000000000'), receipt => $file{'image/png'}, 'image/png'), 404, 'not_found', 'a dispute that is none');

# The key binds every byte of a file, also those behind a NUL.
my $key  = Stack::random_key();
my $once = give($s, $dispute, receipt => png('one'), 'image/png', idem => $key);
is(give($s, $dispute, receipt => png('one'), 'image/png', idem => $key)->{json}{id}, $once->{json}{id}, 'the same file under its key is the same evidence');
problem_ok(give($s, $dispute, receipt => png('two'), 'image/png', idem => $key), 422, 'idempotency_key_reused', 'another under it is refused');

# --- a later piece takes an earlier one's place ---------------------------------------

my $listed = sub { +{ map { my $e = $_; map { $_ => $e->{sha256} } @{ $e->{fields} } } @{ $s->must(GET => "$path/evidence_pack", undef, key => 'admin')->{evidence} } } };
my $first = $listed->();
my $later = $s->must(POST => "$path/evidence", { customer_name => 'Ada Guest' }, key => 'admin');
my $then  = $listed->();
is($then->{customer_name}, $later->{sha256}, 'a text given again');
is($then->{service_date}, $first->{service_date}, '... and its neighbours stay');
is(one_value($s, q{select count(*) from app.evidence where fields && '{receipt}'}), 1, 'of a file the last one is kept');

# --- sealed --------------------------------------------------------------------------

give($s, $dispute, receipt => pdf($secret), 'application/pdf');
$s->must(POST => "$path/evidence?field=refund_policy&name=$secret.png", png($secret), key => 'admin', 'Content-Type' => 'image/png');
my $dump = do { open my $in, '-|', '/usr/lib/postgresql/15/bin/pg_dump', '--data-only', $s->{database_url} or die "pg_dump: $!"; local $/; <$in> };
like($dump, qr/^COPY app\.evidence .*\tfile\t\{receipt\}/ms, 'a dump of the database');
my $hex = unpack 'H*', $secret;
unlike($dump, qr/$secret|$hex/, '... has no evidence in the open, nor a file\'s name');

my $file  = $s->dir . '/secret/seal.key';
chomp(my $old = do { open my $in, '<', $file or die "$file: $!"; <$in> });
my $keys_are = sub {
    open my $out, '>', $file or die "$file: $!"; print {$out} map { "$_\n" } @_; close $out;
    for my $part (qw(api jobs)) { $s->stop($part); $s->start($part) }
    $s->wait_until(10, sub { $s->call(GET => '/readyz', undef, key => undef)->{status} == 200 });
};
my $new = Stack::random_key() . Stack::random_key();
$keys_are->($new, $old);
my $sealed = one_value($s, q{select count(*) from app.evidence});
is($s->boxoffice(qw(secrets rotate))->{status}, 0, 'everything is sealed anew');
is(one_value($s, q{select count(distinct substring(body from 1 for 4)) || ' ' || count(*) from app.evidence}), "1 $sealed", '... the evidence too');
$keys_are->($new);
my $submitted = $s->call(POST => "$path/submit", undef, key => 'admin');
is($submitted->{status}, 200, 'with the new key alone it is submitted') or diag($submitted->{body});
ok($s->wait_until(15, sub { one_value($s, q{select answer from app.disputes}) eq 'submitted' }), '... and opens');

$s->books_ok;
done_testing;
