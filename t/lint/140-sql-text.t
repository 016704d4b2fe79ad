# Proves that SQL stands only where it may: statements in *.sql.def, which
# read or call and never write; BEGIN and COMMIT in io/db_tx.c; and that every
# function a statement names exists with as many parameters. The sandbox, which
# is not the product, may ask a question of its own.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;
use Test::More;

my $STATEMENT = qr/^\s*(?:select|with\s+\w+\s+as|call|values|copy|set\s+(?:local|session)|lock\s+table)\s
    |\bselect\b.*\bfrom\b/xis;
my $WRITE = qr/\binsert\s+into\b|\bupdate\s+(?:only\s+)?[\w.]+\s+(?:as\s+\w+\s+)?set\b|\bdelete\s+from\b
    |\bmerge\s+into\b|\btruncate\s+(?:table\s+)?\w+\.|\b(?:create|alter|drop)\s+(?:table|function|schema|role|index|view)\b/xis;
my $SCOPE = qr/^\s*(?:begin|commit|rollback|savepoint\b.*|start\s+transaction.*)\s*;?\s*$/is;

my (@inline, @writes, @scopes, @calls);
my @files = files(qr/\.(?:[ch]|def)$/, 'src');
for my $file (@files) {
    my $is_table = $file =~ /\.sql\.def$/;
    for my $string (strings($file)) {
        my ($line, $text) = @$string;
        push @writes, "$file:$line: $text" if $text =~ $WRITE;
        push @inline, "$file:$line: $text" if !$is_table && $text =~ $STATEMENT && $file !~ m{^src/sandbox/};
        push @scopes, "$file:$line: $text" if $text =~ $SCOPE && $file !~ m{^src/io/db_tx\.c$};
        push @calls, [ "$file:$line", $text ] if $is_table;
    }
}
cmp_ok(scalar @files, '>', 30, 'sources are seen');
none('no statement outside *.sql.def', @inline);
none('no INSERT, UPDATE or DELETE in C: rows are written by functions of the database', @writes);
none('no BEGIN or COMMIT but in io/db_tx.c', @scopes);

# --- statements and the functions they call ---------------------------------

sub parameters {
    my ($list) = @_;
    my ($depth, $n, $optional) = (0, 0, 0);
    return (0, 0) if $list !~ /\S/;
    my @each = ('');
    for my $c (split //, $list) {
        $depth++ if $c eq '(';
        $depth-- if $c eq ')';
        if   ($c eq ',' && $depth == 0) { push @each, '' }
        else                            { $each[-1] .= $c }
    }
    @each = grep { !/^\s*out\s/i } @each;
    return (scalar(grep { !/\bdefault\b|:?=/i } @each), scalar @each);
}

my %known;
for my $file (files(qr/\.sql$/, 'sql/functions')) {
    my $text = text($file) =~ s/--[^\n]*//gr;
    while ($text =~ /create\s+(?:or\s+replace\s+)?function\s+([\w.]+)\s*(\((?:[^()]++|(?2))*\))/gi) {
        my ($name, $list) = (lc $1, substr $2, 1, -1);
        $known{$name} = [ parameters($list) ];
    }
}
my (@unknown, @arity, @numbering);
for my $call (@calls) {
    my ($place, $text) = @$call;
    my ($name, $list) = $text =~ /\b(\w+\.\w+)\s*(\((?:[^()]++|(?2))*\))/;
    my %used = map { $_ => 1 } $text =~ /\$(\d+)/g;
    push @numbering, "$place: $text" if join(',', sort { $a <=> $b } keys %used) ne join(',', 1 .. keys %used);
    next if !defined $name;
    if (!$known{ lc $name }) {
        push @unknown, "$place: $name";
        next;
    }
    my (undef, $n) = parameters(substr $list, 1, -1);
    my ($least, $most) = @{ $known{ lc $name } };
    push @arity, "$place: $name is given $n, takes $least to $most" if $n < $least || $n > $most;
}
cmp_ok(scalar @calls, '>', 0, 'statements are seen');
none('every function that a statement calls is in sql/functions', @unknown);
none('and is given as many arguments as it takes', @arity);
none('parameters are numbered from $1 without gaps', @numbering);

done_testing;
