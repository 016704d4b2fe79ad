package Problem;

# What every refusal must look like, asked in one line by each test of t/http:
#
#     use Problem;
#     problem_ok($got, 404, 'not_found', 'an unknown event');
#     fields_ok($got, { '/price' => 'wrong_type' }, 'a price in quotes');
#
# $got is what Stack's call() gives. Status, title and retryable are compared
# with src/base/err.def, so that a refusal with the wrong row is seen here.

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use JSON::PP;
use Test::More;

our @EXPORT = qw(problem_ok fields_ok wire_answer row_of routes);

my $TOP = dirname(dirname(dirname(abs_path(__FILE__))));
my %row;    # code => [ {status, retryable, title} ... ]; a code may have two statuses

sub _rows {
    return if %row;
    open my $in, '<', "$TOP/src/base/err.def" or die "err.def: $!";
    while (my $line = <$in>) {
        push @{ $row{$1} }, { status => $2, retryable => $3, title => $4 }
            if $line =~ /^ERR\(\w+,\s+"(\w+)",\s+"\w*",\s+(\d+),\s+(true|false),\s+"(.*)"\)/;
    }
}

# The row of err.def for a code and status.
sub row_of {
    my ($code, $status) = @_;
    _rows();
    return (grep { $_->{status} == $status } @{ $row{$code} || [] })[0];
}

sub _faults {
    my ($got, $status, $code) = @_;
    my $p = $got->{json};
    return "status $got->{status}, not $status: $got->{body}" if $got->{status} != $status;
    return "the body is no JSON object: $got->{body}" if ref $p ne 'HASH';
    my ($row, @faults) = row_of($code, $status);
    push @faults, "Content-Type: $got->{headers}{'content-type'}" if $got->{headers}{'content-type'} !~ m{^application/problem\+json(?:; charset=utf-8)?$};
    push @faults, "code $p->{code}, not $code" if ($p->{code} // '') ne $code;
    for my $member (qw(type title detail code request_id)) {
        push @faults, "no text in $member" if ref $p->{$member} || !length($p->{$member} // '');
    }
    push @faults, "type $p->{type}" if ($p->{type} // '') !~ m{^https://[\w.:]+/problems#\Q$code\E$};
    push @faults, "status member $p->{status}" if ($p->{status} // '') ne $status;
    push @faults, 'request_id is not the Request-Id header' if ($p->{request_id} // '') ne ($got->{headers}{'request-id'} // '-');
    push @faults, 'retryable is no boolean' if !JSON::PP::is_bool($p->{retryable});
    push @faults, "err.def has no $code with $status" if !$row;
    push @faults, "title: $p->{title}" if $row && $p->{title} ne $row->{title};
    push @faults, "retryable $p->{retryable}" if $row && !!$p->{retryable} ne ($row->{retryable} eq 'true');
    push @faults, 'errors beside another code' if exists $p->{errors} && $code ne 'invalid_request';
    return @faults;
}

# One claim: this answer is the documented problem.
sub problem_ok {
    my ($got, $status, $code, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(join('; ', _faults($got, $status, $code)), '', "$status $code: $name");
}

# One claim: 400 invalid_request naming exactly these fields: pointer => code.
sub fields_ok {
    my ($got, $fields, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @faults = _faults($got, 400, 'invalid_request');
    if (!@faults) {
        my %named;
        for my $e (@{ $got->{json}{errors} || [] }) {
            $named{ $e->{pointer} } = $e->{code};
            push @faults, "$e->{pointer} has no detail" if !length($e->{detail} // '');
        }
        my $text = sub { my $h = shift; return join ', ', map { "$_ $h->{$_}" } sort keys %$h };
        push @faults, 'named [' . $text->(\%named) . '], not [' . $text->($fields) . ']' if $text->(\%named) ne $text->($fields);
        push @faults, 'a field is named twice' if @{ $got->{json}{errors} || [] } != keys %named;
    }
    return is(join('; ', @faults), '', "names " . join(' ', sort keys %$fields) . ": $name");
}

# The rows of src/edge/route.def: {method, path, who => {role => 1}, open, scope, limit, idem, body}.
sub routes {
    open my $in, '<', "$TOP/src/edge/route.def" or die "route.def: $!";
    my $text = do { local $/; <$in> };
    my %roles = (NOBODY => [], map { ("ROLE_\U$_" => [$_]) } qw(admin platform organizer guest));
    $roles{$1} = [ map { @{ $roles{$_} } } split / \| /, $2 ] while $text =~ /^#define (\w+)\s+\((ROLE_[\w |]+)\)/mg;
    my @routes;
    while ($text =~ /^ROUTE\((\w+),\s+"([^"]+)",\s+\w+,\s+([\w |]+),\s+SCOPE_(\w+),\s+LIMIT_(\w+),\s+IDEM_(\w+),\s+BODY_(\w+)\)/mg) {
        my %route = (method => $1, path => $2, scope => $4, limit => $5, idem => $6, body => $7);
        $route{who}  = { map { $_ => 1 } map { @{ $roles{$_} or die "who is $_?" } } split /\s+\|\s+/, $3 };
        $route{open} = !%{ $route{who} };
        push @routes, \%route;
    }
    my $rows = () = $text =~ /^ROUTE/mg;
    $rows == @routes or die "route.def has $rows rows, of which " . @routes . " are understood";
    return @routes;
}

# The first answer among bytes from the wire, in call()'s form.
sub wire_answer {
    my ($bytes) = @_;
    my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
    my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $head // '';
    $body = substr $body, 0, $headers{'content-length'} if defined $body && defined $headers{'content-length'};
    return { status => $status // 599, headers => \%headers, body => $body // '', json => eval { decode_json($body) } };
}

1;
