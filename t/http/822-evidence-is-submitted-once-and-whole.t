# Proves that evidence is submitted once, whole and in time, whatever is lost on the way: that the gateway then has every text and file, by its own word. By lost,
# late and garbled answers at Stripe, a jobs daemon that is killed on the way, the test clock, and the files written for a gateway without an API.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use HTTP::Tiny;
use JSON::PP;
use Papers;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 2, api => 2, env => { BOXOFFICE_CALL_DEADLINE_MS => 2000, BOXOFFICE_FENCE_MS => 6000 });
my %shop = map { $_ => $s->shop(organizer => { gateway => $_ }) } qw(stripe nmi);
my $dispute_of = sub {
    my ($gateway, %more) = @_;
    my $order = $s->buy($shop{$gateway}, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    return disputed($s, $order->{id}, %more);
};
my $fault  = sub { $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $_[0], count => $_[1] // 1 }) };
my $submit = sub { my ($id, %more) = @_; return $s->call(POST => "/v1/disputes/$id/submit", undef, key => 'admin', %more) };
my $answer = sub { one_value($s, q{select answer from app.disputes where id = ?}, uuid_of($_[0])) };
my $done   = sub { my ($id, $want) = @_; $s->wait_until(60, sub { $answer->($id) eq $want }); return $answer->($id) };

# What Stripe says, as Stripe says it.
chomp(my $secret = do { open my $in, '<', $s->dir . '/secret/stripe.key' or die $!; <$in> });
my $http   = HTTP::Tiny->new(verify_SSL => 1, SSL_options => { SSL_ca_file => $s->ca }, default_headers => { Authorization => "Bearer $secret" });
my $stripe = sub { return decode_json($http->get($s->sandbox_url . $_[0])->{content}) };
my $files = sub { return { map { $_->{id} => $_ } @{ $s->sandbox(GET => '/sandbox/files')->{json}{data} } } };

# Whether the gateway has exactly this evidence, submitted once.
sub has_all {
    my ($name, $theirs, $texts, $given) = @_;
    my $d = $stripe->("/v1/disputes/$theirs");
    my $f = $files->();
    my %got = (%{ $d->{evidence} }, map { $_ => $f->{ $d->{evidence}{$_} // '' }{sha256} } keys %$given);
    is($d->{evidence_details}{submission_count}, 1, "$name: submitted once");
    is_deeply({ map { $_ => $got{$_} } keys %$texts, keys %$given }, { %$texts, map { $_ => sha256_hex($given->{$_}) } keys %$given }, '... with all that was given');
    return $d;
}

# --- nothing goes wrong, and everything does ------------------------------------------

# kind, how many calls, how many files: the third call of two files is the submission itself.
for my $case ([ '', 0, 2 ], [ drop_before => 1, 0 ], [ drop_after => 3, 2 ], [ '500_after', 2, 2 ], [ '500_after', 1, 0 ], [ garbage => 3, 2 ], [ timeout => 1, 0 ]) {
    my ($kind, $count, $n) = @$case;
    my $name = $kind ? "$kind x$count, $n files" : 'nothing goes wrong';
    my ($dispute, $theirs) = $dispute_of->('stripe');
    my %given = $n == 0 ? () : (receipt => pdf("receipt of $dispute"), customer_communication => png("letter of $dispute"));
    my %texts = (service_date => '2026-12-24', product_description => "Ticket of $dispute");
    give($s, $dispute, $_, $given{$_}, $_ eq 'receipt' ? 'application/pdf' : 'image/png') for sort keys %given;
    $s->must(POST => "/v1/disputes/$dispute/evidence", \%texts, key => 'admin');
    my $uploads = keys %{ $files->() };
    $fault->($kind, $count) if $kind;
    my $key = Stack::random_key();
    my $got = $submit->($dispute, idem => $key);
    is("$got->{status} $got->{json}{id}", "200 $dispute", "$name: it is accepted for submission") or diag($got->{body});
    is($submit->($dispute, idem => $key)->{body}, $got->{body}, '... asked again, the same answer');
    problem_ok($submit->($dispute), 409, 'state_conflict', 'under another key');
    is($done->($dispute, 'submitted'), 'submitted', '... and then submitted');
    $s->sandbox(DELETE => '/sandbox/faults');
    my $d = has_all($name, $theirs, \%texts, \%given);
    is($d->{evidence}{customer_email_address}, 'guest@example.com', '... and what the pack knows besides');
    is(keys(%{ $files->() }) - $uploads, $n + ($kind eq '500_after' && $n ? $count : 0), '... each file uploaded once, but for an answer of 500');
    ok($s->wait_until(20, sub { $s->must(GET => "/v1/disputes/$dispute", undef, key => 'admin')->{status} eq 'under_review' }), '... it is under review');
}

# --- the daemon is killed on the way ----------------------------------------------------

my ($killed, $killed_theirs) = $dispute_of->('stripe');
my %paper = map { $_ => pdf("$_ of $killed") } qw(receipt refund_policy service_documentation);
give($s, $killed, $_, $paper{$_}, 'application/pdf') for sort keys %paper;
$fault->('delay', 20);
$submit->($killed);
for (1 .. 3) {
    select undef, undef, undef, 0.7;
    $s->stop('jobs');
    $s->start('jobs');
}
$s->sandbox(DELETE => '/sandbox/faults');
is($done->($killed, 'submitted'), 'submitted', 'a daemon that is stopped three times on the way submits it');
has_all('stopped', $killed_theirs, {}, \%paper);

# --- a file that is refused -------------------------------------------------------------

my ($locked, $locked_theirs) = $dispute_of->('stripe');
my %good = (receipt => pdf("receipt of $locked"), service_documentation => png("photo of $locked"));
give($s, $locked, customer_communication => pdf('/Encrypt'), 'application/pdf');
give($s, $locked, $_ => $good{$_}, $_ eq 'receipt' ? 'application/pdf' : 'image/png') for sort keys %good;
$submit->($locked);
is($done->($locked, 'submitted'), 'submitted', 'a file that the gateway refuses holds up nothing');
my $without = has_all('without it', $locked_theirs, {}, \%good);
is($without->{evidence}{customer_communication}, undef, '... it is left out');
my %why = map { $_->{fields}[0] => $_->{refused} } @{ $s->must(GET => "/v1/disputes/$locked/evidence_pack", undef, key => 'admin')->{evidence} };
is_deeply(\%why, { receipt => undef, service_documentation => undef, customer_communication => 'The PDF is locked by a password.' }, '... and says why');
my $log = do { open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; local $/; <$in> };
like($log, qr/dispute\.file_refused.*customer_communication.*"next"/, '... and the log, with what to do');

# --- closed meanwhile, and too late --------------------------------------------------------

my ($closed, $closed_theirs) = $dispute_of->('stripe');
$s->sandbox(POST => "/sandbox/disputes/$closed_theirs/resolve", { outcome => 'lost' });
ok($s->wait_until(20, sub { $s->must(GET => "/v1/disputes/$closed", undef, key => 'admin')->{status} eq 'lost' }), 'a dispute is lost');
problem_ok($submit->($closed), 409, 'dispute_closed', '... nothing is submitted then');
problem_ok(give($s, $closed, receipt => png('x'), 'image/png'), 409, 'dispute_closed', '... or given');
problem_ok($s->call(POST => "/v1/disputes/$closed/accept", undef, key => 'admin'), 409, 'dispute_closed', '... or accepted');

my ($late, $late_theirs) = $dispute_of->('stripe');
$s->must(POST => "/v1/disputes/$late/evidence", { service_date => '2026-12-24' }, key => 'admin');
$s->advance_clock(86400 * 10 + 1);
problem_ok($submit->($late), 409, 'evidence_past_due', 'after its due date nothing is submitted');
problem_ok($s->call(POST => "/v1/disputes/$late/evidence", { service_date => '2026-12-25' }, key => 'admin'), 409, 'evidence_past_due', '... or given');
is($stripe->("/v1/disputes/$late_theirs")->{evidence_details}{submission_count}, 0, '... and the gateway has heard nothing');

my $there_now = sub { $http->post_form($s->sandbox_url . "/v1/disputes/$late_theirs", { submit => $_[0] })->{status} };
$s->wait_until(10, sub { $there_now->('false') eq '400' });     # its clock follows ours
is($there_now->('true'), 400, '... nor would it take anything now');

# --- without an API ---------------------------------------------------------------------------

my ($hand) = $dispute_of->('nmi');
my $letter = pdf('a letter');
give($s, $hand, customer_communication => $letter, 'application/pdf');
$s->must(POST => "/v1/disputes/$hand/evidence", { communication => 'She wrote twice.' }, key => 'admin');
my $dir = $s->dir . '/pack';
is($s->boxoffice('disputes', 'pack', $hand, $dir)->{status}, 1, 'what is not submitted is not written');
is($submit->($hand)->{status}, 200, 'at a gateway without an API it is submitted too');
is($done->($hand, 'submitted'), 'submitted', '... for the books');
my $pack = $s->boxoffice('disputes', 'pack', $hand, $dir);
is($pack->{status}, 0, 'the operator writes it') or diag($pack->{err});
my $read = sub { open my $in, '<:raw', "$dir/$_[0]" or return "$_[0]: $!"; local $/; <$in> };
is($read->('customer_communication.pdf'), $letter, '... each file to the byte');
my $texts = decode_json($read->('texts.json'));
like($texts->{uncategorized_text}, qr/^She wrote twice\./, '... the texts');
is($texts->{customer_name}, 'Ada Guest', '... and those of the pack');
is(decode_json($read->('pack.json'))->{dispute}, $hand, '... and the pack');
is(sprintf('%o', (stat "$dir/pack.json")[2] & 0777), '600', '... for nobody else to read');
isnt($s->boxoffice('disputes', 'pack', $hand, $dir)->{status}, 0, 'it overwrites nothing');

$s->books_ok;
done_testing;
