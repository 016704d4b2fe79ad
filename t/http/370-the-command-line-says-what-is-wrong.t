# Proves that `boxoffice` tells wrong arguments and settings in one clear line
# with its exit status, shows no secret, makes keys that work, lists and moves
# jobs, and renews the epoch after a restore. By running it beside a live stack.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s     = Stack->up(pay => 1, hook => 1, api => 1);
sub run { return $s->run(@_) }
sub bx  { return $s->boxoffice(@_) }
# One claim: this exit status, nothing on stdout, and a message like this.
sub refused {
    my ($got, $status, $says, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($got->{status} == $status && !$got->{signal} && $got->{out} eq '' && $got->{err} =~ $says, $name) or diag("$got->{status} out[$got->{out}] err[$got->{err}]");
}

# --- wrong arguments ----------------------------------------------------------------

refused(bx(), 2, qr/\Ausage: boxoffice NOUN VERB/, 'usage for nothing');
my @unknown = (
    [ 'there is no noun "frobnicate"', 'frobnicate' ], [ 'there is no noun "--role"', qw(--role admin) ], [ 'keys has no verb "drop"', qw(keys drop) ],
    [ 'jobs needs a verb', 'jobs' ], [ 'there is no noun ""', '' ], [ 'jobs has no verb "--state"', qw(jobs --state) ],
);
for my $case (@unknown) {
    my ($says, @words) = @$case;
    refused(bx(@words), 2, qr/\Aboxoffice: \Q$says\E\nusage: boxoffice NOUN VERB/, "'@words': told, and then the usage");
}
# Nothing of what a command does not take is passed over: it could have been meant to hold it back.
my $epoch = sub { $s->dbh->selectrow_array('select epoch::text from ops.epoch') };
my $had   = $epoch->();
my @not_taken = (
    [ 'restore finish', 'there is no option --dry-run', '--dry-run' ], [ 'restore finish', '"extra" is a word too many', 'extra' ],
    [ 'restore finish', 'there is no option -n', '-n' ], [ 'restore finish', 'there is no option -x', '-xn' ],
    [ 'restore finish', '--no-hold-money=yes: this option takes no value', '--no-hold-money=yes' ],
    [ 'restore finish', '"--no-hold-money" is a word too many', '--', '--no-hold-money' ],
    [ 'restore resume', 'there is no option --no-hold-money', '--no-hold-money' ],
    [ 'payments settle', 'there is no option --dry-run', qw(pay_1 --outcome declined --reason x --dry-run) ],
    [ 'payments settle', '"pay_2" is a word too many', qw(pay_1 pay_2) ], [ 'payments settle', 'give PAYMENT' ],
    [ 'payments lookup', 'give PAYMENT' ], [ 'payments list', 'there is no option --state', qw(--state unknown) ],
    [ 'keys create', '"x" is a word too many', qw(--role admin --name a x) ],
    [ 'keys create', 'there is no option --colour', qw(--role admin --name x --colour red) ],
    [ 'keys create', '--role needs a value', '--role' ],
    [ 'jobs retry', 'give ORGANIZER KIND OBJECT' ], [ 'jobs cancel', 'give ORGANIZER KIND OBJECT', 1 ],
    [ 'jobs cancel', '"x" is a word too many', qw(1 event_complete 00000000-0000-8000-8000-000000000000 x) ],
    [ 'webhooks show', 'give EVENT' ], [ 'webhooks show', '"b" is a word too many', qw(a b) ],
    [ 'webhooks show', 'there is no option --dry-run', qw(a --dry-run) ],
    [ 'webhooks replay', 'give EVENT' ], [ 'webhooks replay', '"b" is a word too many', qw(a b) ],
    [ 'webhooks list', 'there is no option --dry-run', '--dry-run' ], [ 'webhooks list', '"buried" is a word too many', 'buried' ],
    [ 'config', 'there is no option --name', qw(--name x) ], [ 'config', '"x" is a word too many', 'x' ],
    [ 'verify', 'there is no option --fast', '--fast' ], [ 'secrets rotate', 'there is no option --dry-run', '--dry-run' ],
);
for my $case (@not_taken) {
    my ($command, $says, @words) = @$case;
    refused(bx(split(/ /, $command), @words), 2, qr/\Aboxoffice $command: \Q$says\E\n\z/, "$command @words");
}
is($epoch->(), $had, '... and nothing was done');
refused(bx(qw(keys create)), 2, qr/^boxoffice: keys create needs --role/, 'a key without a role');
refused(bx(qw(keys create --role guest --name x)),     2, qr/needs --role admin or --role platform/, 'a guest\'s key');
refused(bx(qw(keys create --role organizer --name x)), 2, qr{POST /v1/api_keys}, 'an organizer\'s key: told where they are made');
refused(bx(qw(keys create --role admin)),              2, qr/needs --name/, 'a key without a name');
refused(bx(qw(keys create --role admin --name), ''),   2, qr/needs --name/, 'a key of an empty name');
refused(bx(qw(keys create --role admin --name x --scopes), 'catalog,everything'), 2, qr/--scopes is a list of catalog,/, 'a scope nobody knows');
refused(bx(qw(jobs retry one event_complete x)),       2, qr/^boxoffice: give ORGANIZER KIND OBJECT/, 'a job of an ill-formed name');
refused(bx(qw(jobs cancel 1 event_complete 00000000-0000-8000-8000-000000000000)), 3, qr/^boxoffice: there is no such job$/m, 'a job that is not there');
refused(bx('webhooks', @$_), 2, qr/^boxoffice: there is no gateway "paypal"; there are nmi, stripe, resend$/m, "webhooks @$_")
    for [ 'list', '--gateway', 'paypal' ], [ 'show', 'a', '--gateway', 'paypal' ], [ 'replay', 'a', '--gateway=paypal' ];
refused(bx(qw(webhooks list --state lost)),            2, qr/^boxoffice: --state is received, applied, ignored or buried$/m, 'a state nobody knows');
refused(bx('webhooks', $_, 'evt_nobody'),              3, qr/^boxoffice: not_found: there is no such event$/m, "webhooks $_ of one that never came") for qw(show replay);
refused(bx(qw(webhooks replay --dry-run evt_nobody)),  3, qr/there is no such event/, 'nor is it tried dry');
for my $case ([ [qw(refunds batch foo)], 'refunds batch has no verb "foo"' ], [ [qw(refunds batch)], 'refunds batch needs a verb' ]) {
    my $got = bx(@{ $case->[0] });
    is($got->{status}, 2, "@{ $case->[0] }");
    like($got->{err}, qr/\Aboxoffice: \Q$case->[1]\E\n/, '... says which word');
}
my $verb = bx(qw(ledger close --help));
is("$verb->{status} $verb->{err}", '0 ', 'help of a verb is no failure');
like($verb->{out}, qr/\A  boxoffice ledger close DAY \[--by NAME\]\n +closes a day[^\n]+\n\z/, '... and is of that alone');
my $help = bx('--help');
is($help->{err}, '', 'help is data');
is($help->{status}, 0, 'help is no failure');
like($help->{err} . $help->{out}, qr/boxoffice $_/, "... and has $_") for 'config', 'keys +create', 'jobs +list', 'webhooks +list',
    'webhooks +show', 'webhooks +replay', 'secrets +list', 'secrets +rotate', 'restore +finish';
like(bx('--version')->{out}, qr/^boxoffice \d+\.\d+/, 'it tells its version');

# --- settings ------------------------------------------------------------------------

my %secret = (BOXOFFICE_DATABASE_URL => 'postgresql://u:hush-1@/db', BOXOFFICE_GATEWAY_SECURITY_KEY => 'hush-2', BOXOFFICE_WEBHOOK_SECRET_NMI => 'hush-3');
my $config = run([qw(boxoffice config --show-origin)], %secret, BOXOFFICE_HOLD_SECONDS => 20);
is($config->{status}, 0, 'config is shown');
unlike("$config->{out}$config->{err}", qr/hush/, '... without a secret');
like($config->{out}, qr/^BOXOFFICE_DATABASE_URL\s+\*{8}\s+\(environment\)$/m, '... which is masked');
like($config->{out}, qr/^BOXOFFICE_HOLD_SECONDS\s+20\s+\(environment\)$/m,    '... what is set comes from the environment');
like($config->{out}, qr/^BOXOFFICE_FENCE_MS\s+45000\s+\(default\)$/m,         '... what is not has its default');
like($config->{out}, qr/^BOXOFFICE_REDIS_URL\s+\(not set\)\s+\(default\)$/m,  '... or none');
unlike(bx('config')->{out}, qr/\((?:environment|default)\)/, 'without the option no origin is told');

my @settings = (
    [ { BOXOFFICE_FENCE_SECONDS => 5 },     qr/^boxoffice: unknown setting BOXOFFICE_FENCE_SECONDS \(/,                     'a setting nobody knows' ],
    [ { BOXOFFICE_FENCE_SECONDS => 5, BOXOFFICE_COLOUR => 1 }, qr/BOXOFFICE_COLOUR.*BOXOFFICE_FENCE|BOXOFFICE_FENCE.*BOXOFFICE_COLOUR/s, 'two of them: both are named' ],
    [ { BOXOFFICE_HOLD_SECONDS => 'ten' },  qr/^boxoffice: BOXOFFICE_HOLD_SECONDS is "ten"; it must be a whole number from 10 to 86400$/m, 'a word for a number' ],
    [ { BOXOFFICE_HOLD_SECONDS => 9 },      qr/BOXOFFICE_HOLD_SECONDS is "9"/,                                              'a number too small' ],
    [ { BOXOFFICE_HOLD_SECONDS => '20 ' },  qr/BOXOFFICE_HOLD_SECONDS is "20 "/,                                            'a blank behind it' ],
    [ { BOXOFFICE_HOLD_SECONDS => '' },     qr/BOXOFFICE_HOLD_SECONDS is ""/,                                               'an empty number' ],
    [ { BOXOFFICE_MODE => 'prod' },         qr/BOXOFFICE_MODE is "prod"; it must be one of: test live$/m,                   'a mode nobody knows' ],
    [ { BOXOFFICE_LOG_LEVEL => 'loud' },    qr/BOXOFFICE_LOG_LEVEL is "loud"; it must be one of: debug info warn error$/m,  'a log level nobody knows' ],
    [ { BOXOFFICE_FENCE_MS => 40000 },      qr/CALL_DEADLINE_MS < FENCE_MS < HORIZON_MS must hold/,                         'a fence inside the deadline' ],
);
for my $case (@settings) {
    my ($set, $says, $name) = @$case;
    refused(run([qw(boxoffice config)], %$set), 2, $says, $name);
    refused(run([ 'boxoffice-api', 'api' ], %$set), 2, $says, '... no worker starts with it');
    refused(run(['boxoffice-jobs'], %$set), 2, $says, '... nor the jobs daemon');
}
refused(run([qw(boxoffice jobs list)], BOXOFFICE_DATABASE_URL => undef), 2, qr/^boxoffice: BOXOFFICE_DATABASE_URL must be set/, 'no database is named');
my $away = run([qw(boxoffice jobs list)], BOXOFFICE_DATABASE_URL => 'postgresql://boxoffice_owner@/boxoffice?host=/nowhere');
ok($away->{status} != 0 && $away->{err} =~ /^boxoffice: /m && !$away->{signal}, 'a database that is not there is told, not crashed on') or diag(explain($away));

# A key file is read where it is of use, and what is wrong with it is told with its name.
my $keys = $s->dir . '/secret/other.key';
my @key  = map { sprintf '%064x', $_ } 1 .. 9;
my @files = (
    [ undef, qr/can't be read$/m, 'a key file that is not there' ],
    [ '', qr/holds no key$/m, 'an empty one' ],
    [ "# only this\n\n", qr/holds no key$/m, 'one of comments' ],
    [ substr($key[0], 1) . "\n", qr/must hold 64 hexadecimal digits a line$/m, 'a digit too few' ],
    [ "$key[0]0\n", qr/must hold 64/, 'one too many' ],
    [ 'x' x 64 . "\n", qr/must hold 64/, 'no digits' ],
    [ 'a' x 500 . "\n", qr/must hold 64/, 'an endless line' ],
    [ "$key[0]\n$key[1]\n$key[0]\n", qr/holds a key twice$/m, 'a key that is there twice' ],
    [ join("\n", @key), qr/holds more keys than are kept$/m, 'nine keys' ],
);
for my $case (@files) {
    my ($text, $says, $name) = @$case;
    if (defined $text) { open my $out, '>', $keys or die "$keys: $!"; print {$out} $text; close $out }
    my $got = run([qw(boxoffice secrets list)], BOXOFFICE_KEY_FILE => $keys);
    refused($got, 2, $says, $name);
    like($got->{err}, qr/^boxoffice: the key file \Q$keys\E /, '... by its name');
    unlike($got->{err}, qr/[0-9a-f]{20}/, '... and nothing of a key');
}

# --- keys ---------------------------------------------------------------------------------

my $made = bx(qw(keys create --role platform --name), 'Box at the door', '--scopes', 'catalog,orders');
is($made->{status}, 0, 'a key is made');
like($made->{out}, qr/^sk_test_[0-9a-z]{52}\n\z/, '... printed alone');
like($made->{err}, qr/shown only now/, '... with a word that it is shown once');
chomp(my $key = $made->{out});
is($s->call(GET => '/v1/events', undef, key => $key)->{status}, 200, '... and works');
problem_ok($s->call(POST => '/v1/access_tokens', { email => 'a@a.example', name => 'A' }, key => $key), 403, 'forbidden', 'within its scopes');
is_deeply($s->dbh->selectrow_arrayref(q{select count(*), min(actor) from ops.audit where action = 'key.created' and object_id =
    (select id from app.credentials where name = 'Box at the door')}), [ 1, 'operator' ], '... and the audit log knows who made it');
like(run([qw(boxoffice keys create --role admin --name x)], BOXOFFICE_MODE => 'live')->{out}, qr/^sk_live_/, 'a live installation makes live keys');

# --- jobs ----------------------------------------------------------------------------------

my $shop = $s->shop;
my $list = sub { my $got = bx(qw(jobs list)); return $got->{status} == 0 ? $got->{out} : "failed: $got->{err}" };
my ($org, $object) = $s->dbh->selectrow_array(q{select org, object_id from ops.jobs where kind = 'event_complete'});
like($list->(), qr/^organizer\s+kind\s+object\s+due\s+attempts\s+state$/m, 'jobs are listed under a heading');
like($list->(), qr/^$org\s+event_complete\s+$object\s+\S+\s+0\s+waiting\s*$/m, '... with the end of an event, as `retry` and `cancel` take it');
$s->dbh->do(q{update ops.jobs set buried_at = now(), last_error = 'it failed', attempts = 20 where object_id = ?}, undef, $object);
like($list->(), qr/^$org\s+event_complete\s+$object\s+\S+\s+20\s+buried it failed$/m, 'a buried one says why');
is(bx(qw(jobs retry), $org, 'event_complete', $object)->{status}, 0, 'it is told to try again');
unlike($list->(), qr/buried/, '... and is buried no more');
my $gone = bx(qw(jobs cancel), $org, 'event_complete', $object);
is($gone->{status}, 0, 'a job is cancelled') or diag($gone->{err});
unlike($list->(), qr/$object.*waiting/, '... and waits no more');

$s->dbh->do(q{insert into ops.jobs (org, kind, object_id, due_at) values (0, 'webhooks_sweep_restore', '00000000-0000-8000-8000-00000000000a', now() + interval '1 h')});
my ($heading) = $list->() =~ /^(organizer\s+kind\s+)object/m;
like($list->(), qr/^.{@{[ length $heading ]}}00000000-0000-8000-8000-00000000000a/m, 'the longest kind stands in its column');
is(bx(qw(jobs cancel 0 webhooks_sweep_restore 00000000-0000-8000-8000-00000000000a))->{status}, 0, '... and is taken off');

# --- an operator's word ---------------------------------------------------------------------

my $paid = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
$s->stop('jobs');    # else it looks the next one up
my $open = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_lost_after')->{json};
my ($charged, $unsure) = map { $s->sandbox(GET => "/sandbox/transactions?order=$_->{id}")->{json}{data}[0] } $paid, $open;
my @settle = (qw(payments settle), $unsure->{reference}, qw(--reason seen --outcome));
my $state  = sub { $s->must(GET => "/v1/orders/$open->{id}")->{status} };
is($state->(), 'processing', 'of a payment nobody knows whether it was made');
refused(bx(@settle, 'perhaps'), 2, qr/--outcome succeeded or --outcome declined$/m, 'an operator can\'t say: perhaps');
refused(bx(@settle, 'succeeded'), 2, qr/has a --transaction/, '... nor that it succeeded, and not how');
refused(bx(@settle, 'succeeded', '--transaction', $_), 2, qr/^boxoffice: --transaction is the gateway's id of it: 1 to 64 letters, digits, - and _$/m,
    "'$_' is no gateway's id") for 'bogus 1', '', "1'", 'x' x 65;
refused(bx(@settle, 'declined', '--transaction', 1), 2, qr/was declined has no --transaction$/m, 'one that was declined has none');
refused(bx(@settle, 'succeeded', '--transaction', $charged->{id}), 1,
    qr/\Aboxoffice: state_conflict: this transaction is recorded for another payment\n\z/, 'nor is it the transaction of another payment');
is($state->(), 'processing', '... and nothing was recorded');
is(bx(@settle, 'succeeded', '--transaction', $unsure->{id})->{status}, 0, 'with its own');
is($state->(), 'paid', '... it is');
refused(bx(@settle, 'succeeded', '--transaction', $unsure->{id}), 1, qr/^boxoffice: state_conflict: the payment is succeeded already$/m, '... once');
$s->start('jobs');

# --- after a restore -------------------------------------------------------------------------

my $before = $epoch->();
my $finish = bx(qw(restore finish --no-hold-money));
is($finish->{status}, 0, 'a restore is finished');
is($finish->{out}, $epoch->() . "\n", '... printing the new epoch');
isnt($epoch->(), $before, '... which is another');
is($s->call(GET => '/readyz', undef, key => undef)->{json}{status}, 'ok', '... and all is served');
$s->stop('jobs');    # else it ends the hold at once
my $hold = bx(qw(restore finish));
like($hold->{err}, qr/^boxoffice: charges answer 503 recovering until the jobs daemon has compared/, 'with money on hold, told what ends it');
is($s->call(GET => '/readyz', undef, key => undef)->{json}{status}, 'recovering', '... /readyz tells it');
my $refused = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa');
problem_ok($refused, 503, 'recovering', 'a payment');
is(bx(qw(restore resume))->{status}, 0, 'resumed');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{status}, 'paid', '... and tickets are sold again');
$s->start('jobs');
bx(qw(restore finish));
ok($s->wait_until(15, sub { $s->call(GET => '/readyz', undef, key => undef)->{json}{status} eq 'ok' }), 'by itself it goes on once the gateways were asked');
is_deeply([ @{ $s->dbh->selectcol_arrayref(q{select actor from ops.audit where action = 'recovery.ended' order by recorded_at}) }[ 0, -1 ] ],
    [ 'operator', 'jobs' ], '... and the audit log knows by whom');

$s->books_ok;
done_testing;
