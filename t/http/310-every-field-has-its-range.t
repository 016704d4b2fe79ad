# Proves that every field of organizers, events and ticket types has its
# default, takes its whole range and nothing beside it, alone and in PATCH.
# By cases made from the rows of src/domain/catalog/*.def.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 2);
my $json = JSON::PP->new->canonical->allow_nonref;
my %least = (
    organizer   => { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD' },
    event       => { name => 'E', starts_at => '2031-01-01T10:00:00Z', ends_at => '2031-01-01T12:00:00Z' },
    ticket_type => { name => 'T', price => 0, quantity => 0 },
);
my $org = $s->must(POST => '/v1/organizers', $least{organizer});
$least{event}{organizer} = $org->{id};
my $event = $s->must(POST => '/v1/events', $least{event});
my %path = (organizer => '/v1/organizers', event => '/v1/events', ticket_type => "/v1/events/$event->{id}/ticket_types");

# --- the tables ---------------------------------------------------------------------

my %fields;
for my $object (sort keys %least) {
    open my $in, '<', "src/domain/catalog/$object.def" or die;
    while (my $line = <$in>) {
        my ($group, $name, $kind, $need, $min, $max, $otherwise) =
            $line =~ /^FIELD\((NULL|"\w+"), "(\w+)", "\w+", (\w+), (\w+), (\w+), (\w+), (NULL|"[^"]*")\)/ or next;
        s/^NULL$// || s/^"(.*)"$/$1/ for $group, $otherwise;
        s/^AMOUNT_MAX$/1000000000000/ for $max;
        push @{ $fields{$object} }, { group => $group, name => $name, kind => $kind, need => $need, min => $min, max => $max, default => $otherwise,
            pointer => '/' . ($group ? "$group/" : '') . $name };
    }
}
cmp_ok(scalar(map { @$_ } values %fields), '>', 45, 'the tables are read');

# The body with one field set; what an object shows there.
my $with = sub { my ($f, $value) = @_; return $f->{group} ? { $f->{group} => { $f->{name} => $value } } : { $f->{name} => $value } };
my $in   = sub { my ($f, $shown) = @_; return $f->{group} ? $shown->{ $f->{group} }{ $f->{name} } : $shown->{ $f->{name} } };
my $same = sub { my ($f, $got, $want) = @_; is($json->encode($in->($f, $got->{json} || {})), $json->encode($want), "$f->{pointer} is shown as " . $json->encode($want)) };

# --- defaults --------------------------------------------------------------------------

for my $object (sort keys %fields) {
    my $got = $s->call(POST => $path{$object}, $least{$object});
    is($got->{status}, 201, "$object of its required fields alone") or diag($got->{body});
    like($got->{json}{id}, qr/^(?:org|evt|tkt)_[0-9a-z]{26}$/, '... has an id');
    is($got->{json}{object}, $object, '... says what it is');
    like($got->{json}{created_at}, qr/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, '... and since when');
    is($got->{headers}{etag}, '"1"', '... in its first version');
    is($s->call(GET => "$path{$object}/$got->{json}{id}")->{body}, $got->{body}, '... and is read as it was made');
    my %default = (event => { time_zone => 'UTC', currency => 'USD' }, ticket_type => { currency => 'USD' });
    for my $f (grep { $_->{need} eq 'OPTIONAL' } @{ $fields{$object} }) {
        my $want = $default{$object}{ $f->{name} } // (length $f->{default} ? $f->{default} : undef);
        $want = $f->{kind} eq 'INTEGER' ? 0 + $want : $f->{kind} eq 'BOOLEAN' ? ($want eq 'true' ? JSON::PP::true : JSON::PP::false) : $want if defined $want;
        $same->($f, $got, $want);
    }
    fields_ok($s->call(POST => $path{$object}, {}), { map { ("/$_" => 'missing') } keys %{ $least{$object} } }, "an empty $object");
    fields_ok($s->call(POST => $path{$object}, { %{ $least{$object} }, map { ($_ => undef) } keys %{ $least{$object} } }),
        { map { ("/$_" => 'missing') } keys %{ $least{$object} } }, "an $object of nulls");
    fields_ok($s->call(POST => $path{$object}, { %{ $least{$object} }, %{ $with->($_, 'x') } }), { ($_->{group} ? $_->{pointer} : $_->{pointer}) => 'unknown_field' },
        "shown only, in a new $object") for grep { $_->{need} eq 'SHOWN' && $_->{name} ne 'organizer' && !($_->{group}
            && $_->{group} eq 'verification') } @{ $fields{$object} };
}

# --- each field: what it takes and what not ------------------------------------------------

my %wrong = (INTEGER => [ '"1"', 'true', '[]', '{}', '1.5' ], BOOLEAN => [ '"true"', '0', '[]', '{}' ], map { ($_ => [ '7', 'true', '[]', '{}' ]) }
    qw(TEXT EMAIL COUNTRY MONEY_CODE TIME GATEWAY PAYER SCHEDULE));
my %good = (
    BOOLEAN => [ JSON::PP::true, JSON::PP::false ], PAYER => [qw(organizer guest)], SCHEDULE => [qw(daily weekly monthly manual)], GATEWAY => ['nmi'],
    EMAIL => [ 'a.b+c@d-e.example', 'x@y.z' ], COUNTRY => [qw(DE US)], MONEY_CODE => ['USD'], TIME => ['2031-01-01T11:00:00Z'],
);
my %bad = (
    PAYER => [ [ 'platform', 'unknown_value' ] ], SCHEDULE => [ [ 'yearly', 'unknown_value' ] ], GATEWAY => [ [ 'adyen', 'unknown_value' ] ],
    EMAIL => [ map { [ $_, 'out_of_range' ] } '', 'a', 'a@b', '@b.example', 'a@@b.example', "a\@b.example\n", 'a b@c.example', 'a@b..example', 'a,b@c.example' ],
    COUNTRY => [ map { [ $_, 'out_of_range' ] } 'us', 'USA', 'U1', '' ], MONEY_CODE => [ [ 'usd', 'unknown_value' ], [ 'XXX', 'unknown_value' ], [ 'US',
        'out_of_range' ] ],
    TIME => [ map { [ $_, 'out_of_range' ] } '', 'tomorrow', '2031-01-01', '2031-13-01T00:00:00Z', '2031-02-29T00:00:00Z' ],
);
for my $object (sort keys %fields) {
    my $id = $s->must(POST => $path{$object}, $object eq 'ticket_type' ? { %{ $least{$object} }, max_per_order => 100 } : $least{$object})->{id};
    for my $f (grep { $_->{need} ne 'SHOWN' } @{ $fields{$object} }) {
        my ($kind, $min, $max) = @$f{qw(kind min max)};
        my $code = $kind eq 'MONEY_CODE' ? 'unknown_value' : 'out_of_range';
        my @good = $kind eq 'INTEGER' ? ($min, $max) : $kind eq 'TEXT' ? ('é' x $min, 'n' x $max) : @{ $good{$kind} };
        my @bad  = $kind eq 'INTEGER' ? ([ $min - 1, 'out_of_range' ], [ $max + 1, 'out_of_range' ]) : $kind eq 'TEXT' ? ([ '', 'out_of_range' ], [ 'n' x ($max + 1),
            'out_of_range' ]) : @{ $bad{$kind} || [] };
        @good = ('Europe/Berlin', 'America/New_York') if $f->{name} eq 'time_zone';
        for my $value (@good) {
            $value += 0 if $kind eq 'INTEGER';
            next if $f->{name} =~ /^(?:sales_end_at|min_per_order|max_per_order|ends_at)$/;    # bound to a neighbour: 320 has them
            my $body = $with->($f, $value);
            my $got  = $s->call(PATCH => "$path{$object}/$id", $body);
            is($got->{status}, 200, "PATCH of $f->{pointer} alone") or diag($got->{body});
            $kind eq 'TIME' ? ok($in->($f, $got->{json}), "$f->{pointer} is set") : $same->($f, $got, $value);
        }
        my @refused = ((map { [ $_->[0], $_->[1], $json->encode($_->[0]) ] } @bad), map { [ undef, 'wrong_type', $_ ] } @{ $wrong{$kind} });
        my @open;
        for my $case (@refused) {
            my ($value, $want, $raw) = @$case;
            my $body = $f->{group} ? qq({"$f->{group}":{"$f->{name}":$raw}}) : qq({"$f->{name}":$raw});
            utf8::encode($body) if utf8::is_utf8($body);
            my $got = $s->call(PATCH => "$path{$object}/$id", $body);
            my ($e, @more) = @{ $got->{json}{errors} || [] };
            push @open, substr($raw, 0, 30) . ": $got->{status} " . join ' ', map { "$_->{pointer} $_->{code}" } @{ $got->{json}{errors} || [] }
                if $got->{status} != 400 || !$e || @more || $e->{pointer} ne $f->{pointer} || $e->{code} ne $want;
        }
        is(join("\n", @open), '', "$object $f->{pointer} refuses " . @refused . ' other values, each by its pointer and code');
    }
}

$s->books_ok;
done_testing;
