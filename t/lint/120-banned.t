# Proves that words which have no place in this house do not stand in it:
# functions of banned.h (which the preprocessor stops only where base.h was
# included), blocking calls of libpq, text formatted into SQL, notes to self.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;
use Test::More;

# Word => where it may stand nevertheless.
my %WORDS = (
    'PQprepare'        => qr/^$/,      # named statements: they do not pass a pooling pgbouncer
    'PQsendPrepare'    => qr/^$/,
    'PQexec'           => qr{^src/sandbox/},   # the simple protocol, and waits without a limit
    'PQexecParams'     => qr/^$/,
    'PQexecPrepared'   => qr/^$/,
    'PQescapeLiteral'  => qr{^src/io/db_copy\.c$},    # values are parameters, but a COPY has none
    'PQescapeString'   => qr/^$/,
    'PQescapeStringConn' => qr/^$/,
    'FCGI_printf'      => qr/^$/,
    'redisCommand'     => qr/^$/,      # a format: words with lengths instead
    'signal'           => qr{^t/unit/},
    'system'           => qr/^$/,
    'popen'            => qr/^$/,
    'setlocale'        => qr/^$/,
    'getenv'           => qr{^(?:src/base/(?:conf|fault)\.c|src/programs/|t/unit/)},
    'exit'             => qr{^src/(?:programs|sandbox)/},
    'abort'            => qr{^src/base/check\.c$},
    'free'             => qr{^(?!src/(?:domain|outside|edge)/)},
    'malloc'           => qr{^(?!src/(?:domain|outside|edge)/)},
);
my @banned = text('src/base/banned.h') =~ /^#define (\w+)\(\.\.\.\)/mg;
cmp_ok(scalar @banned, '>', 15, 'banned.h is read');
$WORDS{$_} //= qr{^src/base/banned\.h$} for @banned;

my @files = files(qr/\.[ch]$/, 'src', 't/unit');
my (@stands, @floats, @typedefs, @formats, @doors, @varnished);
for my $file (@files) {
    my $code = bare($file);
    while ($code =~ /(?<![\w.>])(\w+)\s*\(/g) {
        my ($word, $at) = ($1, $-[1]);
        push @stands, "$file:" . line_of($code, $at) . ": $word" if exists $WORDS{$word} && $file !~ $WORDS{$word};
    }
    while ($file =~ /^src/ && $code =~ /\b(float|double)\b/g) {
        push @floats, "$file:" . line_of($code, $-[1]) . ": $1";
    }
    while ($code =~ /^(?:__extension__\s+)?typedef\s+(struct|union|enum)\b/mg) {
        push @typedefs, "$file:" . line_of($code, $-[1]);
    }
    while ($code =~ /#\s*include\s*<(fcgi_stdio\.h|fcgios\.h|jansson\.h|cjson\/cJSON\.h)>/g) {
        push @doors, "$file:" . line_of($code, $-[1]) . ": $1";
    }
    while ($file =~ /^src/ && $code =~ /^\s*#\s*pragma\s+(?:GCC|clang)/mg) {
        push @varnished, "$file:" . line_of($code, $-[0]);
    }
}
none('no banned function is called', @stands);
none('no floating point', @floats);
none('no typedef hides a struct, union or enum', @typedefs);
none('no header that is not to be used', @doors);
none('no warning is switched off in the code', @varnished);

my $SQL = qr/\b(?:select\s.*\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|where\s+\w+\s*=|call\s+\w+\.)/i;

# A format with SQL words in it is a statement put together from text.
for my $file (@files) {
    my $code = code($file);
    while ($code =~ /\b(\w*(?:printf|_fmt)\w*)\s*\(([^;]*)/g) {
        my ($function, $arguments, $at) = ($1, $2, $-[1]);
        push @formats, "$file:" . line_of($code, $at) . ": $function" if $arguments =~ /"[^"]*$SQL/i;
    }
}
none('no SQL is formatted', @formats);

my $note = join '|', 'TO' . 'DO', 'FIX' . 'ME';
my @notes;
for my $file (grep { !m{^t/lint/120} } files(qr{\.(?:[ch]|def|t|pm|sh|sql|in|html|css|inc|md)$|^dev$|^\.ci/})) {
    my $text = text($file);
    push @notes, "$file:" . line_of($text, $-[1]) . ": $1" while $text =~ /\b($note)\b/g;
}
none('no notes to self', @notes);

done_testing;
