# Proves that the roles may call exactly the functions that sql/grants.sql
# names, and that every function's grant was thought of. By reading the file's
# matrix and comparing it, both ways, with the catalogue of a new database.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Stack;

my $file = "$FindBin::Bin/../../sql/grants.sql";
open my $in, '<', $file or die "$file: $!\n";
my (%said, %twice);
while (<$in>) {
    my ($fn, $roles) = /^\s*\('(\w+\.\w+)',\s*'\{([\w,]*)\}'\)/ or next;
    $twice{$fn}++ if $said{$fn};
    $said{$fn} = { map { ("boxoffice_$_" => 1) } grep { $_ ne 'definer' } split /,/, $roles };
}
cmp_ok(scalar keys %said, '>=', 40, 'the matrix in grants.sql can be read');
is(join(' ', sort keys %twice), '', 'no function has two rows');

my $s   = Stack->up(db_only => 1);
my $dbh = $s->dbh;
my $is  = $dbh->selectall_arrayref(q{
    select p.pronamespace::regnamespace || '.' || p.proname, r.rolname
    from pg_proc p cross join pg_roles r
    where p.pronamespace::regnamespace::text in ('meta', 'ops', 'app', 'ledger') and r.rolname like 'boxoffice\_%'
      and r.rolname not in ('boxoffice_owner', 'boxoffice_definer') and has_function_privilege(r.rolname, p.oid, 'execute')
    order by 1, 2});
my %is;
$is{ $_->[0] }{ $_->[1] } = 1 for @$is;

my $roles = sub { join ' ', sort keys %{ $_[0] || {} } };
is($roles->($is{$_}), $roles->($said{$_}), "$_ is for: " . ($roles->($said{$_}) || 'no program')) for sort keys %said;
is(join(' ', grep { !$said{$_} } sort keys %is), '', 'no program may call a function that has no row');

# A function that no program may call is called by another one, or by an operator.
my $bodies = join "\n", @{ $dbh->selectcol_arrayref(q{select prosrc from pg_proc where pronamespace::regnamespace::text in ('ops', 'app', 'ledger')}) };
my %operator = map { $_ => 1 } qw(ops.job_revive ops.job_cancel ops.jobs_list ops.epoch_renew ops.sealed_by ops.answers_sealed ops.answer_reseal
    app.webhooks_list app.webhook_get app.webhook_replay app.webhooks_sealed app.webhook_reseal app.payments_open
    app.dispute_assign app.disputes_unmatched app.discrepancies_list app.promos_switch ledger.close_ask ledger.close_pending ledger.close_orgs ledger.close_org ledger.close_day
    app.risks_all app.promos_copy app.promos_of_batch app.batches_list app.batch_pause app.batch_resume
    app.evidence_sealed app.evidence_reseal);
my $inner = $dbh->selectcol_arrayref(q{
    select p.pronamespace::regnamespace || '.' || p.proname from pg_proc p
    where p.pronamespace::regnamespace::text in ('ops', 'app', 'ledger') order by 1});
is(join(' ', grep { !$is{$_} && !$operator{$_} && $_ !~ /^(?:ops\.node_id|ledger\.is_balanced)$/ && $bodies !~ /\b\Q$_\E\(/ } @$inner), '',
    'what no program may call is called by another function, or is an operator\'s');
$dbh->disconnect;
done_testing;
