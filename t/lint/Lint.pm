package Lint;

# What the lint tests share: the tree's files and C without its comments.
#
#     use Lint;
#     none('no tabs', map { "$_ has one" } grep { text($_) =~ /\t/ } files(qr/\.c$/, 'src'));
#
# All paths are relative to the top of the tree, where a test finds itself.

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Find;
use Test::More;

our @EXPORT = qw(files text code bare strings line_of none);

chdir dirname(dirname(dirname(abs_path(__FILE__)))) or die "cannot go to the top of the tree: $!";

my %text;

# Files below these folders (all of ours without any) whose path matches.
sub files {
    my ($match, @under) = @_;
    my @found;
    @under = grep { -e } @under ? @under : qw(src t sql nginx systemd dev .ci);
    find({ no_chdir => 1, wanted => sub { push @found, $File::Find::name if -f && /$match/ } }, @under) if @under;
    return sort @found;
}

sub text {
    my ($file) = @_;
    return $text{$file} //= do {
        open my $f, '<', $file or die "$file: $!";
        local $/;
        <$f> // '';
    };
}

my $TOKEN = qr{("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')|(/\*.*?\*/|//[^\n]*)}s;

sub blank {
    my ($part) = @_;
    return $part =~ s/[^\n]/ /gr;
}

# C with its comments blanked; lines keep their numbers.
sub code {
    my ($file) = @_;
    return text($file) =~ s/$TOKEN/defined $1 ? $1 : blank($2)/gers;
}

# The same with the insides of strings and character constants blanked too.
sub bare {
    my ($file) = @_;
    my $hollow = sub { substr($_[0], 0, 1) . blank(substr $_[0], 1, -1) . substr($_[0], -1) };
    return text($file) =~ s/$TOKEN/defined $1 ? $hollow->($1) : blank($2)/gers;
}

# [line, text] of each string literal; neighbours are one.
sub strings {
    my ($file) = @_;
    my $code = code($file);
    my @found;
    while ($code =~ /((?:"(?:\\.|[^"\\\n])*"\s*)+)/g) {
        my ($at, $literal) = (line_of($code, $-[1]), $1);
        push @found, [ $at, join '', $literal =~ /"((?:\\.|[^"\\\n])*)"/g ];
    }
    return @found;
}

sub line_of {
    my ($text, $at) = @_;
    return 1 + (substr($text, 0, $at) =~ tr/\n//);
}

# One claim: it holds when there is nothing to complain about.
sub none {
    my ($claim, @complaints) = @_;
    my $ok = ok(!@complaints, $claim);
    diag("  $_") for @complaints;
    return $ok;
}

1;
