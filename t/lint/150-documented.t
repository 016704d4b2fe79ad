# Proves that callers can read up on whatever they meet: every failure of
# err.def stands on the problems page, every route of route.def in the OpenAPI
# file and in at least one test through HTTP, and neither page has more.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Lint;
use Test::More;

# --- failures ---------------------------------------------------------------

my $PAGE  = 'nginx/www/problems.html';
my %code  = map { $_ => 1 } code('src/base/err.def') =~ /^ERR\(\w+,\s*"(\w+)"/mg;
my %title = code('src/base/err.def') =~ /^ERR\(\w+,\s*"(\w+)".*"([^"]+)"\)/mg;
cmp_ok(scalar keys %code, '>', 20, 'err.def is read');
ok(-e $PAGE, "$PAGE is there") and do {
    my $html = text($PAGE);
    my %anchor = map { $_ => 1 } $html =~ /\bid="(\w+)"/g;
    none('every failure has its place on the problems page', grep { !$anchor{$_} } sort keys %code);
    my %shown = map { $_ => 1 } $html =~ /<(?:section|h2|h3|dt|tr|article)[^>]*\bid="([a-z_]+)"/g;
    none('the page tells of no failure that there is not', grep { !$code{$_} } sort keys %shown);
};

# --- routes -----------------------------------------------------------------

my ($ROUTES, $OPENAPI) = ('src/edge/route.def', 'nginx/www/openapi.json');
my @routes = -e $ROUTES ? code($ROUTES) =~ /^ROUTE\(\s*(\w+),\s*"([^"]+)"/mg : ();
cmp_ok(scalar @routes, '>', 0, "$ROUTES is read");

sub shape {
    my ($path) = @_;
    return $path =~ s/\{[^}]*\}/{}/gr;
}

my %route;
while (my ($method, $path) = splice @routes, 0, 2) { $route{"$method " . shape($path)} = [ $method, $path ] }

ok(-e $OPENAPI, "$OPENAPI is there") and do {
    my $api = eval { JSON::PP->new->utf8->decode(text($OPENAPI)) };
    ok(ref $api eq 'HASH', 'it is JSON') or diag($@);
    like($api->{openapi} // '', qr/^3\.1/, 'it is OpenAPI 3.1');
    my (%there, @parameters);
    for my $path (sort keys %{ $api->{paths} || {} }) {
        for my $method (grep { /^(?:get|put|post|delete|patch)$/ } sort keys %{ $api->{paths}{$path} }) {
            $there{ uc($method) . ' ' . shape($path) } = 1;
            my %said = map { $_->{name} => 1 } grep { ($_->{in} // '') eq 'path' }
                map { exists $_->{'$ref'} ? resolve($api, $_->{'$ref'}) : $_ }
                @{ $api->{paths}{$path}{parameters} || [] }, @{ $api->{paths}{$path}{$method}{parameters} || [] };
            push @parameters, map { "$method $path: {$_}" } grep { !$said{$_} } $path =~ /\{(\w+)\}/g;
        }
    }
    none('every route stands in the OpenAPI file', grep { !$there{$_} } sort keys %route);
    none('the OpenAPI file tells of no route that there is not', grep { !$route{$_} } sort keys %there);
    none('every parameter of a path is described', @parameters);
    my %listed = map { $_ => 1 } text($OPENAPI) =~ /"([a-z_]+)"/g;
    none('every failure stands in the OpenAPI file', grep { !$listed{$_} } sort keys %code);
};

sub resolve {
    my ($node, $ref) = @_;
    $node = $node->{$_} // {} for split m{/}, $ref =~ s{^#/}{}r;
    return $node;
}

# --- and tests --------------------------------------------------------------

# $hook->post(stripe => ...) of t/lib/Hook.pm is a POST to that party's route.
my %tests = map { $_ => text($_) =~ s{->post\((\w+) =>}{->POST '/v1/webhooks/$1' =>}gr } files(qr/\.t$/, 't/http');
ok(%tests, 'there are tests through HTTP');
my @untested;
for my $name (sort keys %route) {
    my ($method, $path) = @{ $route{$name} };

    # "/v1/orders/$id/pay", "/v1/orders/$o->{id}/pay", '/v1/orders/' . $id . '/pay'
    my $one  = qr/(?:['"]\s*\.\s*)?[^\/'"\s]+(?:\s*\.\s*['"])?/;
    my $like = join '', map { /^\{/ ? $one : quotemeta } split /(\{[^}]*\})/, $path;
    push @untested, $name unless grep { /\b$method\b[^\n]*$like(?:[?"'\s]|$)/im } values %tests;
}
none('every route is called by a test in t/http', @untested);

done_testing;
