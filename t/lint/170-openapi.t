# Proves that the OpenAPI file is sound: references, schemas, examples and
# codes are what they say, and each operation's policy is route.def's. How: a
# small JSON Schema checker that dies on a keyword it doesn't know, tried first
# on examples that were spoiled.
use strict;
use warnings;
no warnings 'experimental::builtin';
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Lint;
use Test::More;

my $api = JSON::PP->new->utf8->decode(text('nginx/www/openapi.json'));
my ($SCHEMAS, $RESPONSES) = @{ $api->{components} }{qw(schemas responses)};
my @METHODS = qw(get post put patch delete);

# --- the checker ------------------------------------------------------------

sub target {
    my ($ref) = @_;
    my $node = $api;
    for (split m{/}, $ref =~ s{^#/}{}r) {
        $node = ref $node eq 'HASH' ? $node->{$_} : undef;
    }
    return $node;
}

sub kind {
    my ($v) = @_;
    return !defined $v ? 'null' : ref $v eq 'HASH' ? 'object' : ref $v eq 'ARRAY' ? 'array'
         : JSON::PP::is_bool($v) ? 'boolean' : builtin::created_as_string($v) ? 'string' : $v == int $v ? 'integer' : 'number';
}

sub same { return JSON::PP->new->canonical->allow_nonref->encode($_[0]) eq JSON::PP->new->canonical->allow_nonref->encode($_[1]) }

# What is wrong with $v by schema $s, or nothing.
sub wrong {
    my ($s, $v, $at) = @_;
    my $kind = kind($v);
    my @bad;
    my $say = sub { push @bad, "$at: $_[0]" };
    my %check = (
        '$ref'   => sub { push @bad, wrong(target($_[0]) // die("no $_[0]"), $v, $at) },
        type     => sub { $say->("is $kind") unless grep { $_ eq $kind } ref $_[0] ? @{ $_[0] } : $_[0] },
        const    => sub { $say->('is not the constant') unless same($_[0], $v) },
        enum     => sub { $say->('is none of the words') unless grep { same($_, $v) } @{ $_[0] } },
        allOf    => sub { push @bad, map { wrong($_, $v, $at) } @{ $_[0] } },
        oneOf    => sub { my $n = grep { !wrong($_, $v, $at) } @{ $_[0] }; $say->("fits $n of oneOf") if $n != 1 },
        required => sub { $kind eq 'object' and exists $v->{$_} || $say->("lacks $_") for @{ $_[0] } },
        pattern  => sub { $say->('does not match') if $kind eq 'string' && $v !~ /$_[0]/ },
        minLength => sub { $say->('is too short') if $kind eq 'string' && length $v < $_[0] },
        maxLength => sub { $say->('is too long') if $kind eq 'string' && length $v > $_[0] },
        minimum  => sub { $say->('is too small') if $kind =~ /^(?:integer|number)$/ && $v < $_[0] },
        maximum  => sub { $say->('is too large') if $kind =~ /^(?:integer|number)$/ && $v > $_[0] },
        minItems => sub { $say->('has too few') if $kind eq 'array' && @$v < $_[0] },
        maxItems => sub { $say->('has too many') if $kind eq 'array' && @$v > $_[0] },
        uniqueItems   => sub { my %n; $kind eq 'array' and $n{$_}++ && $say->('repeats') for @$v },
        maxProperties => sub { $say->('has too many') if $kind eq 'object' && keys %$v > $_[0] },
        items      => sub { $kind eq 'array' and push @bad, wrong($_[0], $v->[$_], "$at/$_") for 0 .. $#{ $kind eq 'array' ? $v : [] } },
        properties => sub { $kind eq 'object' and exists $v->{$_} && push @bad, wrong($_[0]{$_}, $v->{$_}, "$at/$_") for sort keys %{ $_[0] } },
        propertyNames => sub { push @bad, map { wrong($_[0], $_, "$at/$_") } sort keys %{ $kind eq 'object' ? $v : {} } },
        additionalProperties => sub {
            for my $name (grep { !exists(($s->{properties} || {})->{$_}) } sort keys %{ $kind eq 'object' ? $v : {} }) {
                if (ref $_[0] eq 'HASH') { push @bad, wrong($_[0], $v->{$name}, "$at/$name") }
                elsif (!$_[0]) { $say->("has $name") }
            }
        },
        format => sub {
            my %form = ('date-time' => qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, date => qr/^\d{4}-\d\d-\d\d$/, email => qr/^\S+@\S+$/,
                uri => qr/^https:/);
            $say->("is no $_[0]") if $kind eq 'string' && $v !~ ($form{ $_[0] } || die "format $_[0]");
        },
        map { $_ => sub { } } qw(description title default examples),
    );
    ($check{$_} || die "$at: the checker does not know $_")->($s->{$_}) for sort keys %$s;
    return @bad;
}

# Every hash in the file, with where it stands. What is inside an example is not looked into.
my @nodes;
sub walk {
    my ($v, $at) = @_;
    if (ref $v eq 'ARRAY') { walk($v->[$_], "$at/$_") for 0 .. $#$v }
    return if ref $v ne 'HASH';
    push @nodes, [ $at, $v ];
    walk($v->{$_}, "$at/$_") for grep { $_ ne 'value' && $_ ne 'example' && !($_ eq 'examples' && ref $v->{$_} eq 'ARRAY') } sort keys %$v;
}
walk($api, '');

# --- references and examples ------------------------------------------------

my %used;
my @dangling;
for (grep { exists $_->[1]{'$ref'} } @nodes) {
    my ($at, $node) = @$_;
    push @dangling, "$at: $node->{'$ref'}" unless defined target($node->{'$ref'});
    $used{ $node->{'$ref'} } = 1;
}
none('every reference leads somewhere', @dangling);
none('every component is used', grep { !$used{$_} } map { my $kind = $_; map { "#/components/$kind/$_" } sort keys %{ $api->{components}{$kind} } }
    grep { $_ ne 'securitySchemes' } sort keys %{ $api->{components} });

my ($order) = @{ $SCHEMAS->{Order}{examples} };
my $spoil = sub { my $copy = decode_json(encode_json($order)); $_[0]->($copy); return scalar wrong($SCHEMAS->{Order}, $copy, '') };
is($spoil->(sub { }), 0, 'the checker takes the order');
ok($spoil->($_->[1]), "the checker sees $_->[0]") for
    [ 'a missing member',   sub { delete $_[0]{event} } ],
    [ 'a number as text',   sub { $_[0]{amounts}{total} = '11400' } ],
    [ 'a negative amount',  sub { $_[0]{amounts}{total} = -1 } ],
    [ 'an id of another kind', sub { $_[0]{event} = $_[0]{organizer} } ],
    [ 'an unknown state',   sub { $_[0]{status} = 'sold' } ];
ok(scalar wrong($SCHEMAS->{OrderCreate}, { %{ $SCHEMAS->{OrderCreate}{examples}[0] }, colour => 'red' }, ''), 'and an unknown field of a request');

my ($checked, @wrong) = 0;
for (@nodes) {
    my ($at, $node) = @$_;
    my ($schema, %value) = $node->{schema};
    if ($schema && ref $node->{examples} eq 'HASH') {
        $value{"examples/$_"} = (target($node->{examples}{$_}{'$ref'} // '') // $node->{examples}{$_})->{value} for keys %{ $node->{examples} };
    }
    $value{example} = $node->{example} if $schema && exists $node->{example};
    if (ref $node->{examples} eq 'ARRAY') {
        $schema = $node;
        $value{"examples/$_"} = $node->{examples}[$_] for 0 .. $#{ $node->{examples} };
    }
    if (exists $node->{default} && $at !~ m{/responses$|/properties$}) { ($schema, $value{default}) = ($node, $node->{default}) }
    for my $which (sort keys %value) {
        $checked++;
        push @wrong, wrong($schema, $value{$which}, "$at/$which");
    }
}
cmp_ok($checked, '>', 80, "$checked examples and defaults are found");
none('every example and default fits its schema', @wrong);
my %part = map { $_ => 1 } qw(Verification OrderGuest Client FieldError);    # seen in the examples of others
none('every schema of an object has an example',
    grep { ($SCHEMAS->{$_}{type} // '') eq 'object' && !$SCHEMAS->{$_}{examples} && !$part{$_} } sort keys %$SCHEMAS);

# --- the worked example -----------------------------------------------------

my $entry = $SCHEMAS->{LedgerEntry}{examples}[0];
my $sum   = 0;
$sum += $_->{amount} for @{ $entry->{postings} };
is($sum, 0, 'the ledger entry sums to zero');
is_deeply([ @{ $order->{amounts} }{qw(list guest_fee tax total share reserve)} ], [ 10000, 600, 800, 11400, 10000, 1000 ], 'the order is the worked example');
is($order->{items}[0]{$_}, $order->{amounts}{ $_ eq 'fee' ? 'guest_fee' : $_ }, "its line has its $_") for qw(list discount net fee tax total);
is($entry->{order}, $order->{id}, 'the entry is the order\'s');

# --- operations -------------------------------------------------------------

my %status;
my ($errors, $routes) = (code('src/base/err.def'), code('src/edge/route.def'));
push @{ $status{$1} }, $2 while $errors =~ /^ERR\(\w+,\s*"(\w+)",\s*"\w*",\s*(\d+)/mg;
my ($map) = text('nginx/boxoffice.conf.in') =~ /map \$status \$problem_code \{(.*?)\}/s;
while ($map =~ /^\s+(\d+)\s+(\w+);/mg) { push @{ $status{$2} }, $1 }

my (%operation, @codes, @open, @missing, @policy);
my %role = (STAFF => 'AP', SELLERS => 'PO', ROLE_ADMIN => 'A', ROLE_PLATFORM => 'P', ROLE_ORGANIZER => 'O', ROLE_GUEST => 'G', NOBODY => '');
my %route;
while ($routes =~ /^ROUTE\((\w+),\s*"([^"]+)",\s*\w+,\s*([\w |]+?),\s*\w+,\s*\w+,\s*(\w+),\s*(\w+)\)/mg) {
    my ($method, $path, $who, $idem, $body) = ($1, $2, $3, $4, $5);
    $route{"$method $path"} = { who => join('', map { $role{$_} } split /\s*\|\s*/, $who), idem => $idem, body => $body };
}

sub open_objects {        # objects in a request that take any field
    my ($s, $at) = @_;
    return if ref $s ne 'HASH';
    return open_objects(target($s->{'$ref'}), $s->{'$ref'}) if $s->{'$ref'};
    my @found = ($s->{type} // '') eq 'object' && !exists $s->{additionalProperties} ? $at : ();
    push @found, map { open_objects($s->{properties}{$_}, "$at/$_") } sort keys %{ $s->{properties} || {} };
    push @found, open_objects($s->{items}, "$at/items"), map { open_objects($_, $at) } @{ $s->{oneOf} || [] };
    return @found;
}

for my $path (sort keys %{ $api->{paths} }) {
    for my $method (grep { $api->{paths}{$path}{$_} } @METHODS) {
        my $op     = $api->{paths}{$path}{$method};
        my $name   = uc($method) . " $path";
        my $policy = $route{$name} or next;
        push @{ $operation{ $op->{operationId} } }, $name;
        my @need = $policy->{who} eq '' ? () : qw(400 401 403 429 500 502 503 504);
        push @need, qw(408 413 415) if $policy->{body} =~ /^BODY_(?:JSON|MAYBE|FILE)$/;
        push @need, qw(409 422)     if $policy->{idem} ne 'IDEM_NONE';
        push @missing, map { "$name: $_" } grep { !$op->{responses}{$_} } @need;
        push @missing, "$name: no success" unless grep { /^2/ } keys %{ $op->{responses} };
        for my $status (sort keys %{ $op->{responses} }) {
            my $answer  = $op->{responses}{$status};
            $answer     = target($answer->{'$ref'}) if $answer->{'$ref'};
            my $problem = $answer->{content}{'application/problem+json'} or $status < 400 and next;
            my ($narrow) = grep { $_->{properties} } @{ $problem->{schema}{allOf} };
            push @codes, "$name: $status is " . $narrow->{properties}{status}{const} if $narrow->{properties}{status}{const} != $status;
            for my $code (@{ $narrow->{properties}{code}{enum} }) {
                push @codes, "$name: $status $code" unless grep { $_ == $status } @{ $status{$code} || [] };
            }
        }
        my @parameters = map { $_->{'$ref'} ? target($_->{'$ref'}) : $_ } @{ $op->{parameters} || [] };
        my ($key) = grep { $_->{name} eq 'Idempotency-Key' } @parameters;
        my $idem = !$key ? 'IDEM_NONE' : $key->{required} ? 'IDEM_REQUIRED' : 'IDEM_HONOURED';
        push @policy, "$name: $idem" if $idem ne $policy->{idem};
        push @policy, "$name: a body" if !$op->{requestBody} != ($policy->{body} eq 'BODY_NONE');
        my %scheme = map { %$_ } @{ $op->{security} };
        push @policy, "$name: server keys"   if !$scheme{serverKey} != ($policy->{who} !~ /[APO]/);
        push @policy, "$name: access tokens" if !$scheme{accessToken} != ($policy->{who} !~ /[OG]/);
        my %word = (A => 'admin', P => 'platform', O => 'organizer', G => 'guest');
        my ($who) = ($op->{description} // '') =~ /Who: ([a-z, ]+)\.$/;
        push @policy, "$name: who" if join(', ', map { $word{$_} } split //, $policy->{who}) ne ($who // '');
        push @open, map { "$name: $_" } open_objects($op->{requestBody}{content}{'application/json'}{schema}, '') if $op->{requestBody};
    }
}
none('every operation has an id of its own', map { "@{ $operation{$_} }" } grep { @{ $operation{$_} } > 1 } sort keys %operation);
none('every operation tells of the failures that its policy brings', @missing);
none('every code stands under a status that it has', @codes);
none('who may call, idempotency and body are as in route.def', @policy);
none('requests are closed: an unknown field is refused', @open);
my %told = map { $_ => 1 } @{ $SCHEMAS->{ProblemCode}{enum} };
none('every code of err.def and of nginx is listed', grep { !$told{$_} } sort keys %status);

done_testing;
