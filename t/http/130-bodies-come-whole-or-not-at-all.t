# Proves that a body above 64 KiB, one whose length lies and one that ends
# early have no effect, and that the worker serves on. By raw bytes over TLS
# around the limits, with a POST that would write if it were taken.
use strict;
use warnings;
use IO::Socket::SSL;
use Problem;
use Stack;
use Test::More;

my $s       = Stack->up(pay => 1, hook => 1, api => 1);
my @workers = $s->workers('api');
my $count   = sub { $s->dbh->selectrow_array('select count(*) from app.organizers') };
my $before  = $count->();
my $body    = '{"name":"A","email":"a@a.example","country":"US","currency":"USD"}';

sub head {
    my ($length, %more) = @_;
    my %h = ('Content-Length' => $length, %more);
    return join '', "POST /v1/organizers HTTP/1.1\r\nHost: boxoffice\r\nConnection: close\r\nContent-Type: application/json\r\n",
        'Authorization: Bearer ', $s->platform_key, "\r\n", map({ defined $h{$_} ? "$_: $h{$_}\r\n" : () } sort keys %h), "\r\n";
}

# --- the limit -----------------------------------------------------------------

my $large = $s->call(POST => '/v1/organizers', $body . ' ' x (65537 - length $body));
problem_ok($large, 413, 'body_too_large', '64 KiB and one byte');
like($large->{json}{detail}, qr/^JSON bodies may have up to 64 KiB/, '... in nginx\'s words: no worker is troubled');
problem_ok($s->call(POST => '/v1/organizers', $body, 'Content-Type' => 'text/plain', key => undef), 401, 'unauthenticated', 'whose body is small');
problem_ok(wire_answer($s->wire(head(1e12))), 413, 'body_too_large', 'a terabyte announced, nothing sent');
problem_ok(wire_answer($s->wire(head('1' . '0' x 30))), 400, 'invalid_request', 'a length of 31 digits');
problem_ok(wire_answer($s->wire(head(-5))), 400, 'invalid_request', 'a negative length');
problem_ok(wire_answer($s->wire(head('0x10') . $body)), 400, 'invalid_request', 'a hexadecimal length');
my $chunk = sprintf("%x\r\n%s\r\n", 65536, ' ' x 65536);
problem_ok(wire_answer($s->wire(head(undef, 'Transfer-Encoding' => 'chunked') . $chunk . $chunk . "0\r\n\r\n")), 413, 'body_too_large', '128 KiB in chunks');
is($count->(), $before, 'nothing was made');

# --- lengths that lie -------------------------------------------------------------

problem_ok(wire_answer($s->wire(head(10) . $body)), 400, 'invalid_json', 'a length shorter than the body reads no further');
is($count->(), $before, '... and makes nothing');
{
    my ($host, $port) = $s->url =~ m{//([\w.]+):(\d+)};
    for my $sent (0, 10, length($body) - 1) {
        my $sock = IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, SSL_ca_file => $s->ca) or die "no connection: $SSL_ERROR";
        print {$sock} head(length $body), substr $body, 0, $sent;
        $sock->close;
    }
    my $sock = IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, SSL_ca_file => $s->ca) or die "no connection: $SSL_ERROR";
    print {$sock} head(length($body) + 100), $body;
    $sock->close(SSL_no_shutdown => 1);
}
is($s->call(GET => '/healthz', undef, key => undef)->{status}, 200, 'after four bodies that ended early the worker answers');
is($count->(), $before, '... and none of them was acted on');

# --- bodies where none is meant, and the good ones -----------------------------------

my $shop = $s->shop(publish => 0);
problem_ok($s->call(POST => "/v1/events/$shop->{event}/publish", { when => 'now' }), 400, 'invalid_request', 'a body for a call that takes none');
is($s->call(POST => "/v1/events/$shop->{event}/publish", '{}')->{status}, 200, 'an empty object is no body');
is($s->call(POST => "/v1/events/$shop->{event}/pause")->{status}, 200, 'nothing is no body either');
$before = $count->();
is($s->call(POST => '/v1/organizers', $body . ' ' x (65536 - length $body))->{status}, 201, 'exactly 64 KiB are taken');
is(wire_answer($s->wire(head(undef, 'Transfer-Encoding' => 'chunked') . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $body, $body)))->{status},
    201, 'a body in chunks is taken');
is($count->(), $before + 2, '... and both made their organizer');
is("@{[ $s->workers('api') ]}", "@workers", 'by the same worker all the time') unless $ENV{BOXOFFICE_STACK};

$s->books_ok;
done_testing;
