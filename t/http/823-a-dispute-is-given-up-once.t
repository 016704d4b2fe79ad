# Proves that a dispute that is given up is lost once, at the gateway and in the books, and shown as accepted; that its due date is told three times on
# business time, and that the house gives up by itself what its operator said is not worth an answer. By lost answers, the outbox, and the test clock.
use strict;
use warnings;
use JSON::PP;
use Papers;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 2, api => 2,
    env => { BOXOFFICE_CALL_DEADLINE_MS => 2000, BOXOFFICE_FENCE_MS => 6000, BOXOFFICE_AUTO_ACCEPT_AMOUNTS => 'USD=1000,EUR=5' });
my %shop = map { $_ => $s->shop(organizer => { gateway => $_ }) } qw(stripe nmi);
my $dispute_of = sub {
    my ($gateway, %more) = @_;
    my $order = $s->buy($shop{$gateway}, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    return (disputed($s, $order->{id}, %more), $order->{id});
};
my $status  = sub { $s->must(GET => "/v1/disputes/$_[0]", undef, key => 'admin')->{status} };
my $becomes = sub { my ($id, $want) = @_; $s->wait_until(45, sub { $status->($id) eq $want }); return $status->($id) };
my $entries = sub {
    my ($order) = @_;
    return join ' ', sort grep { /dispute/ } map { $_->{kind} } @{ $s->must(GET => "/v1/ledger/entries?order=$order", undef, key => 'admin')->{data} };
};
my $accept  = sub { my ($id, %more) = @_; return $s->call(POST => "/v1/disputes/$id/accept", undef, key => 'admin', %more) };

for my $case ([ 'stripe' ], [ 'nmi' ], map { [ 'stripe', $_ ] } qw(drop_before drop_after 500_after garbage)) {
    my ($gateway, $kind) = @$case;
    my $name = join ', ', @$case;
    my ($dispute, $theirs, $order) = $dispute_of->($gateway);
    $s->sandbox(POST => '/sandbox/faults', { target => 'gateway', kind => $kind, count => 1 }) if $kind;
    my $key = Stack::random_key();
    my $got = $accept->($dispute, idem => $key);
    is($got->{status}, 200, "$name: a dispute is given up") or diag($got->{body});
    is($accept->($dispute, idem => $key)->{body}, $got->{body}, '... asked again, the same answer');
    like($accept->($dispute)->{json}{code}, qr/^(?:state_conflict|dispute_closed)$/, '... under another key it is refused');
    is($becomes->($dispute, 'accepted'), 'accepted', '... it is accepted');
    is($entries->($order), 'dispute_fee_passed dispute_lost dispute_opened', '... and lost, once');
    ok($s->wait_until(30, sub { one_value($s, q{select answer from app.disputes where id = ?}, uuid_of($dispute)) eq 'accepted' }), '... which is known');
    problem_ok($s->call(POST => "/v1/disputes/$dispute/submit", undef, key => 'admin'), 409, 'dispute_closed', '... and not answered any more');
    $s->sandbox(DELETE => '/sandbox/faults');
}

# --- one shot, of either kind ------------------------------------------------------------

my ($both) = $dispute_of->('stripe');
my @got = $s->parallel(8, sub { my ($n) = @_; return $s->call(POST => "/v1/disputes/$both/" . ($n % 2 ? 'accept' : 'submit'), undef, key => 'admin')->{status} });
is(join(' ', sort @got), join(' ', 200, (409) x 7), 'of eight who answer at once in two ways one does');

# --- reminders ----------------------------------------------------------------------------

my ($dispute) = $dispute_of->('stripe');
my ($answered) = $dispute_of->('stripe');
my ($hand) = $dispute_of->('nmi');
my ($heard, $heard_theirs) = $dispute_of->('nmi');
$s->dbh->do(q{update app.disputes set due_by = (select due_by from app.disputes where id = ?) where id = any (?)}, undef,
     uuid_of($dispute), [ map { uuid_of($_) } $hand, $heard ]);
$s->must(POST => "/v1/disputes/$_/submit", undef, key => 'admin') for $hand, $heard;
$s->wait_until(20, sub { one_value($s, q{select count(*) from app.disputes where by_hand}) == 2 });
my $told = sub {
    return join ' ', @{ $s->dbh->selectcol_arrayref(q{select body::jsonb ->> 'days' from ops.outbox
        where type = ? and object_id = ? order by version}, undef, $_[1] // 'dispute.evidence_due', uuid_of($_[0])) };
};
is($told->($dispute), '', 'ten days before its due date nobody is reminded');
for my $step ([ 2, '' ], [ 1.1, '7' ], [ 1, '7' ], [ 3, '7 3' ], [ 2, '7 3 1' ], [ 0.5, '7 3 1' ]) {
    $s->advance_clock(int(86400 * $step->[0]));
    is($told->($dispute), $step->[1], "$step->[0] days later: " . ($step->[1] || 'nothing'));
    is($told->($hand, 'dispute.send_by_hand'), $step->[1], '... and so is whoever has to send what is submitted at a gateway without an API');
    $s->call(POST => "/v1/disputes/$answered/submit", undef, key => 'admin') if $step->[1] eq '7';
    $s->dbh->do(q{update app.disputes set status = 'under_review' where id = ?}, undef, uuid_of($heard)) if $step->[1] eq '7 3';
}
is($told->($answered), '7', 'one that was answered in between is told of no more');
$s->advance_clock(86400);
is($told->($heard, 'dispute.send_by_hand'), '7 3', 'and no more when the gateway has it');
is($told->($hand), '', '... and nobody is asked for evidence that was submitted');
my $log = do { open my $in, '<', $s->dir . '/log/jobs.log' or die "jobs.log: $!"; local $/; <$in> };
my @days = $log =~ /"level":"error"[^\n]*"dispute\.send_by_hand"[^\n]*$hand[^\n]*"days":"([^"]+)"[^\n]*"next"/g;
is("@days", 'not told 7 3 1', '... the log says so each time');
is($told->($dispute), '7 3 1', 'past its due date there is nothing more');

# --- not worth an answer ---------------------------------------------------------------------

my ($small, undef, $small_order) = $dispute_of->('nmi', amount => 999);
my ($large) = $dispute_of->('nmi', amount => 1000);
is($becomes->($small, 'accepted'), 'accepted', 'a dispute below the operator\'s amount is given up');
is($entries->($small_order), 'dispute_fee_passed dispute_lost dispute_opened', '... and lost, once');
is(one_value($s, q{select actor from ops.audit where action = 'dispute.accepting' and object_id = ?}, uuid_of($small)), 'jobs', '... by the house');
is($status->($large), 'needs_response', 'one of that amount is not');

$s->books_ok;
done_testing;
