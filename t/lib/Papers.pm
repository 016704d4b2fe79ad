package Papers;

# What is given as evidence: files that are what they say, of any size, and a
# dispute to give them for.
#
#     my $pdf = pdf("Receipt 1234", 5 * 1024 * 1024);     # the text is in it as it is
#     my ($dispute, $theirs) = disputed($s, $order);      # ours and the gateway's id
#     my $got = give($s, $dispute, receipt => $pdf, 'application/pdf');
#
# Written by the formats' documents, not by our code that looks at them.

use strict;
use warnings;
use Compress::Zlib qw(compress crc32);
use Exporter qw(import);
use Storm qw(one_value);

our @EXPORT = qw(pdf jpeg png give disputed typeid);

sub pdf {
    my ($text, $size) = @_;
    my $make = sub {
        my $head = "%PDF-1.4\n%$text\n" . ($_[0] ? '%' . 'x' x ($_[0] - 2) . "\n" : '') . "1 0 obj\n<</Type/Catalog>>\nendobj\n";
        return $head . "xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R>>\nstartxref\n" . sprintf('%08d', length $head) . "\n%%EOF\n";
    };
    my $pad = ($size // 0) - length $make->(0);
    return $make->($pad > 1 ? $pad : 0);
}

sub jpeg {
    my ($text) = @_;
    my $segment = sub { my ($marker, $data) = @_; return pack 'CCna*', 0xff, $marker, 2 + length $data, $data };
    return "\xff\xd8" . $segment->(0xe0, "JFIF\0\1\1\0\0\1\0\1\0\0") . $segment->(0xfe, $text) . $segment->(0xc0, "\x08\0\1\0\1\1\1\x11\0")
        . $segment->(0xc4, "\0\1" . "\0" x 15 . "\0") . $segment->(0xda, "\1\1\0\0\x3f\0") . "\x3f\xff\xd9";
}

sub png {
    my ($text) = @_;
    my $chunk = sub { my ($type, $data) = @_; return pack('Na*', length $data, "$type$data") . pack 'N', crc32("$type$data") };
    return "\x89PNG\r\n\x1a\n" . $chunk->(IHDR => pack 'NNC5', 1, 1, 8, 0, 0, 0, 0) . $chunk->(tEXt => "Comment\0$text")
        . $chunk->(IDAT => compress("\0\0")) . $chunk->(IEND => '');
}

sub give {
    my ($s, $dispute, $field, $bytes, $type, %more) = @_;
    return $s->call(POST => "/v1/disputes/$dispute/evidence?field=$field", $bytes, key => 'admin', 'Content-Type' => $type, %more);
}

# The API's form of a UUID.
sub typeid {
    my ($prefix, $uuid) = @_;
    my @digits = split //, '0123456789abcdefghjkmnpqrstvwxyz';
    my $bits = '00' . unpack 'B128', pack 'H32', $uuid =~ tr/-//dr;
    return "${prefix}_" . join '', map { $digits[ oct "0b$_" ] } $bits =~ /(.{5})/g;
}

# The charge of an order is disputed at the gateway; more: amount, fee, reason.
sub disputed {
    my ($s, $order, %more) = @_;
    my ($sale) = grep { $_->{kind} eq 'sale' && $_->{status} eq 'approved' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$order")->{json}{data} };
    my $theirs = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent', %more })->{json}{id};
    my $found  = sub { one_value($s, 'select id from app.disputes where gateway_dispute = ? and moved', $theirs) };
    my $id     = $s->wait_until(20, $found) or die "dispute $theirs was not heard of\n";
    return (typeid(dsp => $id), $theirs);
}

1;
