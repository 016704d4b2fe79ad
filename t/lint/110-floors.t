# Proves that each floor of src/ uses only floors below it. Includes are read,
# and each floor's library is linked whole, with only those below, so that a
# call upward by hand-written prototype would be found too.
# Needs a build: BUILD names its folder (default var/build).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use File::Temp qw(tempdir);
use Lint;
use Test::More;

my @FLOORS = qw(base io outside domain edge);
my %RANK   = map { $FLOORS[$_] => $_ } 0 .. $#FLOORS;
my $BUILD  = $ENV{BUILD} // 'var/build';

# --- what includes say ------------------------------------------------------

my (@upward, @foreign, @form);
for my $file (files(qr/\.(?:[ch]|def)$/, 'src')) {
    my ($floor, $room) = $file =~ m{^src/(\w+)/(?:(\w+)/)?};
    my @line = split /\n/, code($file);
    for my $n (1 .. @line) {
        next unless $line[ $n - 1 ] =~ /^\s*#\s*include\s+"([^"]+)"/;
        my ($what, $place) = ($1, "$file:$n: $1");
        my ($to, $to_room) = $what =~ m{^(\w+)/(?:(\w+)/)?};
        if ($what eq 'config.h') {
            push @form, $place if $file ne 'src/base/base.h';
            next;
        }
        push @form, $place if !defined $to || !-e "src/$what" || $what =~ /\.c$/;
        next if !defined $to;
        if ($floor eq 'sandbox') {
            push @upward, $place unless $to =~ /^(?:base|io|sandbox)$/;
        }
        else {
            my $mine = $floor eq 'programs' ? @FLOORS : $RANK{$floor};
            my $its  = $RANK{$to} // ($to eq $floor ? $mine : @FLOORS + 1);
            $its = 0 if $to eq 'sandbox' && $file eq 'src/programs/boxoffice-sandbox.c';
            push @upward, $place if $its > $mine;
        }
        push @foreign, $place
            if $what =~ /(?:_inner\.h|\.sql\.def)$/ && ($floor ne $to || ($room // '') ne ($to_room // ''));
    }
}
none('no include goes up a floor, and nothing but its program includes the sandbox', @upward);
none('no file includes the inner header or the statements of another room', @foreign);
none('includes are written from src/, name a file that is there, and never a .c', @form);

my @first;
for my $file (files(qr/\.c$/, 'src')) {
    my ($include) = code($file) =~ /^\s*#\s*include\s+(\S+)/m;
    push @first, "$file begins with " . ($include // 'none') if ($include // '') ne '"base/base.h"';
}
none('base/base.h is the first include of every .c', @first);

# --- what the linker says ---------------------------------------------------

SKIP: {
    my @missing = grep { !-e "$BUILD/$_" } 'Makefile', map { "lib$_.a" } @FLOORS;
    none("the floors are built in $BUILD", map { "$_ is missing" } @missing);
    skip 'there is nothing to link', scalar @FLOORS if @missing;

    my %make = text("$BUILD/Makefile") =~ /^(\w+) = (.*)$/mg;
    my $dir  = tempdir(CLEANUP => 1);
    open my $main, '>', "$dir/main.c" or die $!;
    print $main "int main(void) { return 0; }\n";
    close $main;
    for my $n (0 .. $#FLOORS) {
        my @below = map { "$BUILD/lib$_.a" } reverse @FLOORS[ 0 .. $n - 1 ];
        my @names = (qw(LIBPQ YAJL HIREDIS CURL OPENSSL QRENCODE PNG IDN UNISTRING XML), $n == $#FLOORS ? 'FCGI' : ());
        my @libs  = map { split ' ', $make{"${_}_LIBS"} // '' } @names;
        my @cc    = map { split ' ', $make{$_} // '' } qw(CC HARDEN_CFLAGS HARDEN_LDFLAGS);
        my @whole = ('-Wl,--whole-archive', "$BUILD/lib$FLOORS[$n].a", '-Wl,--no-whole-archive');
        my @command = (@cc, '-o', "$dir/floor", "$dir/main.c", @whole, @below, @libs);
        my $said = `@{[ map { "'$_'" } @command ]} 2>&1`;
        my @undefined = $? == 0 ? () : $said =~ /^(.*undefined reference.*)$/mg;
        @undefined = $said if $? != 0 && !@undefined;
        none("$FLOORS[$n] needs nothing above it", @undefined);
    }
}

done_testing;
