# Proves the outer form: every setting explained and used, every file opening
# with what it is for, and text that looks the same in every editor.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Lint;
use Test::More;

use constant {
    C_LENGTH   => 120,
    ROW_LENGTH => 170,    # tables in a .def, SQL, Perl: a row is not broken
};

# --- settings ---------------------------------------------------------------

my $conf = code('src/base/conf.def');
my @rows = $conf =~ /^((?:TEXT|NUMBER)\(.*\))$/mg;
cmp_ok(scalar @rows, '>', 10, 'conf.def is read');
my (@unexplained, @unused, @misnamed);
my $sources = join "\n", map { bare($_) } grep { !m{^src/base/conf} } files(qr/\.[ch]$/, 'src');
for my $row (@rows) {
    my ($field, $name) = $row =~ /^\w+\((\w+),\s*"(\w+)"/;
    my ($doc) = $row =~ /"([^"]*)"\)$/;
    push @unexplained, $name if !defined $doc || length $doc < 12;
    push @unused,      $name if $sources !~ /(?:->|\.)$field\b/;
    push @misnamed,    $name if $name !~ /^[A-Z][A-Z_]*$/;
}
none('every setting is explained where it is declared', @unexplained);
none('every setting is used', @unused);
none('every setting has a name of capitals', @misnamed);

# --- openings ---------------------------------------------------------------

my @silent = grep { text($_) !~ m{\A/\*.{20,}?\*/}s } files(qr/\.(?:[ch]|def)$/, 'src', 't/unit');
push @silent, grep { text($_) !~ /\A(?:#!.*\n)?#\s+\S.{20,}/ } files(qr/\.t$/, 't');
push @silent, grep { text($_) !~ /\A--\s+\S/ } files(qr/\.sql$/, 'sql');
none('every file opens with what it is for', @silent);

my @guards;
for my $file (files(qr/\.h$/, 'src')) {
    my $guard = uc $file =~ s{^src/}{}r =~ s/[^\w]/_/gr;
    push @guards, "$file: not $guard" if text($file) !~ /^#ifndef $guard\n#define $guard\n.*^#endif\n\z/ms;
}
none('every header is guarded by its path', @guards);

# --- text -------------------------------------------------------------------

my (@tabs, @blanks, @long, @ends);
my @text = files(qr{\.(?:[ch]|def|t|pm|sh|sql|in|inc|html|css|json|service|target|timer)$|^dev$|^sql/install$|^\.ci/});
for my $file (@text) {
    my $text = text($file);
    my $max  = $file =~ /\.[ch]$/ ? C_LENGTH : ROW_LENGTH;
    my $n    = 0;
    for my $line (split /\n/, $text) {
        $n++;
        push @tabs,   "$file:$n" if $line =~ /\t/;
        push @blanks, "$file:$n" if $line =~ /[ \t\r]$/;
        utf8::decode(my $characters = $line);
        push @long, "$file:$n: " . length $characters if length $characters > $max && $file !~ /\.(?:html|json|css|in)$|^t\/sql\//;
    }
    push @ends, $file if $text !~ /[^\n]\n\z/;
}
none('no tabs', @tabs);
none('no blanks at the end of a line', @blanks);
none('no line of C longer than ' . C_LENGTH . ', no other longer than ' . ROW_LENGTH, @long);
none('every file ends with one newline', @ends);

done_testing;
