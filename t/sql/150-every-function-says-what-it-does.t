# Proves that each file below sql/functions makes one function, named after the
# file, whose header comment calls it by its name and its parameters' names in
# order. By reading the files.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Find;
use FindBin;
use Test::More;

my $top = "$FindBin::Bin/../../sql/functions";
my %nouns = (
    access => 'credential', catalog => 'event|events|inventory|organizer|organizers|ticket_type|ticket_types',
    orders => 'order|orders|guest', payments => 'payment|payments|capture|refund|return', webhooks => 'webhook|webhooks',
    promos => 'promo|promos', refunds => 'refund|refunds', batches => 'batch|batches', disputes => 'dispute|disputes', evidence => 'evidence', reconcile => 'discrepancy|discrepancies',
    ledger => 'entry|entries|balance|balances|tail|fold|folds|close|closed', ops => '\w+', verify => 'broken',
);
my %schema = (ops => 'ops', ledger => 'ledger', verify => 'ops');    # of a folder; else app
my @files;
find({ wanted => sub { push @files, $_ if -f }, no_chdir => 1 }, $top);
cmp_ok(scalar @files, '>=', 50, 'there are files');

# faults(PATH, TEXT) -> what is wrong with it
sub faults {
    my ($path, $text) = @_;
    my ($name, $room) = (basename($path, '.sql'), basename(dirname $path));
    my @made = $text =~ /^create (?:or replace )?function/mg;
    return 'makes ' . @made . ' functions' if @made != 1;
    my ($schema, $made, $list) = $text =~ /^create or replace function (\w+)\.(\w+)\((.*?)\)\s*returns\b/ms or return 'no "create or replace function schema.name("';
    return "makes $made" if $made ne $name;
    return "$schema.$name stands in $room/" if $schema ne ($schema{$room} // 'app');
    return "$name is no name of $room/" if $nouns{$room} && $name !~ /^(?:$nouns{$room})(?:_|$)/;

    my ($head) = $text =~ /\A((?:--.*\n)+)/ or return 'no header';
    $head =~ s/^-- ?//mg;
    my ($says) = $head =~ /\A\Q$schema.$name\E\(([^()]*)\)/ or return "its header does not begin with $schema.$name(";
    my $params = join ', ', map { (split)[0] } split /,\s*(?![^(]*\))/, $list;
    ($says = $says) =~ s/\s+/ /g;
    return "its header says ($says), it has ($params)" if $says ne $params;
    return 'its header says only its name' if $head !~ /\S+\s+\S+\s+\S+/ms && length($head) < 30;

    return 'no "security definer set search_path = pg_catalog, pg_temp"' if $text !~ /security definer set search_path = pg_catalog, pg_temp/;
    # install chooses the owner by this line alone
    my $owner = $text =~ /^-- owner: boxoffice_owner/m;
    return 'reads across organizers, yet may write' if $owner && $text !~ /^language plpgsql stable\b/m;
    return;
}

is(faults($_, do { open my $in, '<', $_ or die "$_: $!\n"; local $/; <$in> }) // '', '', s{.*/functions/}{}r) for sort @files;

# It can fail.
my $good = <<'SQL';
-- app.order_x(p_org, p_id) -> the row
-- Does something.
create or replace function app.order_x(p_org int, p_id uuid) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return 1;
end $$;
SQL
is(faults('orders/order_x.sql', $good), undef, 'a good one passes');
my @bad = (
    [ 'no header',           sub { s/\A(?:--.*\n)+// }, qr/no header/ ],
    [ 'another name',        sub { s/order_x\(p_org, p_id\)/order_y(p_org, p_id)/ }, qr/does not begin/ ],
    [ 'a missing parameter', sub { s/\(p_org, p_id\)/(p_org)/ }, qr/its header says/ ],
    [ 'an unpinned path',    sub { s/ set search_path.*// }, qr/search_path/ ],
    [ 'two functions',       sub { $_ .= "create function app.more() returns int\n" }, qr/makes 2/ ],
    [ 'a writer that belongs to the owner', sub { s/^-- Does/-- owner: boxoffice_owner\n-- Does/m }, qr/may write/ ],
);
for my $bad (@bad) {
    local $_ = $good;
    $bad->[1]->();
    like(faults('orders/order_x.sql', $_), $bad->[2], "found: $bad->[0]");
}
like(faults('payments/order_x.sql', $good), qr/no name of/, 'found: a file in another room');
like(faults('ops/order_x.sql', $good), qr/stands in/, 'found: a file in another schema\'s folder');
like(faults('orders/order_z.sql', $good), qr/makes order_x/, 'found: a file of another name');
done_testing;
