# Proves that nothing has grown beyond what can be read at once. The limits
# are the house's; a file that nears them is two files.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;
use Test::More;

use constant {
    FILE_LINES     => 800,
    HEADER_LINES   => 150,
    PROGRAM_LINES  => 150,
    FUNCTION_LINES => 70,
    PARAMETERS     => 6,     # besides what every function of its kind takes: see $COMMON
    MEDIAN_LINES   => 20,    # of all functions in src/
    SQL_LINES      => 60,    # of a function in sql/functions/
};

# The failure that comes last, the length behind an array, and what a task works with.
my $TYPE   = qr/struct (?:err|arena|task|tx|db) \*|const struct log_subject \*|FILE \*/;
my $COMMON = qr/^\s*(?:$TYPE\w+|size_t \w+_n)\s*$/;

my (@files, @headers, @functions, @parameters, @lengths);
for my $file (files(qr/\.[ch]$/, 'src', 't/unit')) {
    my $lines = text($file) =~ tr/\n//;
    my $limit = $file =~ m{^src/programs/} ? PROGRAM_LINES : FILE_LINES;
    push @headers, "$file: $lines lines" if $file =~ /\.h$/ && $lines > HEADER_LINES;
    push @files,   "$file: $lines lines" if $lines > $limit;

    # The house puts a function's name at the start of a line and its braces alone in the first column.
    my $code = bare($file);
    while ($code =~ /^(\w+)\(([^;{}]*)\)[^;{}()]*\n\{\n(.*?)^\}/msg) {
        my ($name, $list, $body, $at) = ($1, $2, $3, $-[1]);
        my $n     = $body =~ tr/\n//;
        my $place = "$file:" . line_of($code, $at) . ": $name()";
        my @each  = grep { $_ !~ $COMMON } split /,/, $list;
        push @functions,  "$place has $n lines" if $n > FUNCTION_LINES;
        push @parameters, "$place has " . @each . ' parameters' if @each > PARAMETERS;
        push @lengths,    $n if $file =~ /^src/;
    }
}
none('no file has more than ' . FILE_LINES . ' lines, no program more than ' . PROGRAM_LINES, @files);
none('no header has more than ' . HEADER_LINES . ' lines', @headers);
none('no function has more than ' . FUNCTION_LINES . ' lines', @functions);
none('no function has more than ' . PARAMETERS . ' parameters of its own', @parameters);

@lengths = sort { $a <=> $b } @lengths;
cmp_ok(scalar @lengths, '>', 100, 'functions are seen');
cmp_ok($lengths[ @lengths / 2 ], '<=', MEDIAN_LINES, "half of all functions have $lengths[ @lengths / 2 ] lines or fewer");

my @sql;
for my $file (files(qr/\.sql$/, 'sql/functions')) {
    my $text = text($file);
    while ($text =~ /(\$\w*\$)(.*?)\1/sg) {
        my ($body, $at) = ($2, $-[2]);
        my $n = $body =~ tr/\n//;
        push @sql, "$file:" . line_of($text, $at) . ": $n lines" if $n > SQL_LINES;
    }
}
none('no function of the database has more than ' . SQL_LINES . ' lines', @sql);

done_testing;
