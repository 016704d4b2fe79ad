# Proves that a ticket lets in once, whoever asks how often, at however many gates; that what may not come in is told why; and that every scan is kept.
# By scans in parallel, by plain and signed codes, of tickets in every state, with the refunds, disputes and events that bring them there.
use strict;
use warnings;
use JSON::PP;
use Problem;
use Stack;
use Storm;
use Test::More;

my $s    = Stack->up(pay => 2, hook => 1, api => 8);
my $shop = $s->shop(types => [ [ Floor => 5000, 100 ], [ Guest => 0, 100 ] ]);
my $key  = $s->must(POST => '/v1/api_keys', { role => 'organizer', organizer => $shop->{organizer}, name => 'door' }, key => 'admin')->{key};
my $buy  = sub { my ($n, %more) = @_; $s->buy($shop, { Floor => $n }, payment_token => 'tok_visa', %more)->{json} };
my $scan = sub { my ($code, %more) = @_; my %as = (key => $key, %{ delete $more{call} // {} }); $s->call(POST => '/v1/tickets/scan', { code => $code, %more }, %as) };
my $told = sub { my $got = $scan->(@_); $got->{status} == 200 ? $got->{json}{status} : "$got->{status} $got->{body}" };
my $text = sub { $s->call(GET => "/v1/tickets/$_[0]{id}/qr?format=text")->{body} };
my $status = sub { my ($order, $n) = @_; $s->must(GET => "/v1/orders/$order->{id}")->{tickets}[ $n // 0 ]{status} };

# --- once ----------------------------------------------------------------------------

my $order = $buy->(3);
my ($first, $second, $third) = @{ $order->{tickets} };
my $in = $scan->($first->{code}, event => $shop->{event}, gate => 'North', device => 'scanner 7')->{json};
is("$in->{object} $in->{status} $in->{admitted}", 'ticket_scan valid 1', 'a ticket is let in');
is_deeply([ @$in{qw(ticket ticket_type order event organizer gate device)} ],
    [ $first->{id}, $shop->{types}{Floor}, $order->{id}, $shop->{event}, $shop->{organizer}, 'North', 'scanner 7' ], '... and which it is is told');
is($in->{first_used_at}, $in->{created_at}, '... now for the first time');
my $again = $scan->($first->{code}, gate => 'South')->{json};
is("$again->{status} $again->{admitted}", 'used 0', 'the second time it is used');
is_deeply([ @$again{qw(first_used_at first_used_gate first_used_device gate device)} ], [ $in->{first_used_at}, 'North', 'scanner 7', 'South', undef ],
    '... since when, and where, is told');
is($status->($order), 'used', '... and its order shows it');
is($told->($text->($first)), 'used', 'its signed code is the same ticket');

my @gates = $s->parallel(12, sub { my ($n) = @_; $scan->($n % 2 ? $second->{code} : $text->($second), gate => "gate $n")->{json} });
my @let   = grep { $_->{status} eq 'valid' } @gates;
is(scalar(@let), 1, 'of twelve gates at once, by either code, one lets in');
is(scalar(grep { $_->{status} eq 'used' && $_->{first_used_gate} eq $let[0]{gate} } @gates), 11, '... and eleven know which one did');

my $idem = Stack::random_key();
my @same = $s->parallel(6, sub { $scan->($third->{code}, gate => 'East', call => { idem => $idem }) });
my %codes; $codes{ $_->{status} }++ for @same;
is(scalar(grep { $_->{status} == 200 && $_->{json}{status} eq 'valid' } @same) + ($codes{409} // 0), 6, 'one scan sent six times at once is one scan');
my $repeat = $scan->($third->{code}, gate => 'East', call => { idem => $idem });
is("$repeat->{json}{status} $repeat->{headers}{'idempotent-replayed'}", 'valid true', '... repeated later it gets the first answer');
problem_ok($scan->($third->{code}, gate => 'West', call => { idem => $idem }), 422, 'idempotency_key_reused', '... and its key is good for nothing else');
is($told->($third->{code}), 'used', '... another scan is told that it is used');

# --- codes ----------------------------------------------------------------------------

my $typed = $buy->(1)->{tickets}[0];
(my $written = uc $typed->{code}) =~ s/(.{4})(?=.)/$1-/g;
is($told->("$written ", call => { key => 'platform' }), 'valid', 'a code typed with hyphens, in capitals, is found by the platform without saying whose it is');
problem_ok($scan->($_), 404, 'not_found', 'no ticket: ' . substr $_, 0, 30) for 'nothing', '0' x 26, 'BX1.', $typed->{id};
(my $forged = $text->($first)) =~ s/.$/$& eq '0' ? '4' : '0'/e;
problem_ok($scan->($forged), 404, 'not_found', 'a signed code that was changed is no ticket\'s');
like($scan->($forged)->{json}{detail}, qr/not signed here/, '... and is told apart');
problem_ok($scan->('x' x 201), 400, 'invalid_request', 'a code is not that long');
problem_ok($scan->($typed->{code}, event => $shop->{organizer}), 400, 'invalid_request', 'an event is an event\'s id');

# --- what may not come in ----------------------------------------------------------------

my $refunded = $buy->(2);
my ($gone, $stays) = @{ $refunded->{tickets} };
$s->must(POST => "/v1/orders/$refunded->{id}/refunds", { tickets => [ $gone->{id} ] });
is($told->($gone->{code}), 'refunded', 'a refunded ticket is told');
is($told->($text->($stays)), 'valid', '... the other one of its order is let in');
$s->must(POST => "/v1/orders/$refunded->{id}/refunds", {});
is($told->($stays->{code}), 'refunded', '... and is refunded later all the same, by its organizer');
my $mine = $s->must(POST => '/v1/access_tokens', { order => $order->{id} })->{token};
problem_ok($s->call(POST => "/v1/orders/$order->{id}/refunds", {}, key => $mine), 409, 'ticket_not_refundable', 'a guest who was let in can\'t ask for its money');

my $other = $s->must(POST => '/v1/events', { organizer => $shop->{organizer}, name => 'Another night', starts_at => '2031-01-01T20:00:00Z',
    ends_at => '2031-01-01T23:00:00Z' });
my $moved = $buy->(1)->{tickets}[0];
my $wrong = $scan->($moved->{code}, event => $other->{id})->{json};
is("$wrong->{status} $wrong->{event}", "wrong_event $shop->{event}", 'a ticket at the door of another event is told, and for which it is');

my $disputed = $buy->(1);
my ($sale)   = grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$disputed->{id}")->{json}{data} };
my $there    = $s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent' })->{json}{id};
my $becomes  = sub { my ($want) = @_; $s->wait_until(20, sub { $s->must(GET => "/v1/orders/$disputed->{id}")->{amounts}{disputed} == $want }) };
$becomes->(5700);
is($told->($disputed->{tickets}[0]{code}), 'disputed', 'a ticket whose money is disputed is told');
is($status->($disputed), 'valid', '... and stays what it is');
$s->sandbox(POST => "/sandbox/disputes/$there/resolve", { outcome => 'won' });
$becomes->(0);
is($told->($disputed->{tickets}[0]{code}), 'valid', '... once the dispute is won it is let in');

my $partly = $buy->(2);
($sale) = grep { $_->{kind} eq 'sale' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$partly->{id}")->{json}{data} };
$s->sandbox(POST => '/sandbox/disputes', { transaction => $sale->{id}, reason => 'fraudulent', amount => 3000 });
$s->wait_until(20, sub { $s->must(GET => "/v1/orders/$partly->{id}")->{amounts}{disputed} });
is($told->($partly->{tickets}[0]{code}), 'valid', 'of an order that is disputed in part a ticket is let in');
$s->must(POST => "/v1/orders/$partly->{id}/refunds", { tickets => [ $partly->{tickets}[1]{id} ] });
is($told->($partly->{tickets}[1]{code}), 'refunded', '... but for one that is refunded');

my $held = $buy->(1)->{tickets}[0];
$s->must(POST => "/v1/events/$shop->{event}/postpone", {});
is($told->($held->{code}), 'event_postponed', 'of an event that is postponed nobody is let in');
is($told->($first->{code}), 'event_postponed', '... nor who was, who has not been to it');
$s->must(PATCH => "/v1/events/$shop->{event}", { starts_at => '2031-01-01T20:00:00Z', ends_at => '2031-01-01T23:00:00Z' });
is($told->($held->{code}), 'valid', '... when it is on again, all are');
is($status->($order), 'valid', '... and a ticket that was used before is valid');
my @anew = $s->parallel(6, sub { $scan->($first->{code}, gate => "gate $_[0]")->{json} });
@let = grep { $_->{status} eq 'valid' } @anew;
is(scalar(@let), 1, '... which lets in once');
is(scalar(grep { $_->{status} eq 'used' && $_->{first_used_gate} eq $let[0]{gate} && $_->{first_used_at} eq $let[0]{created_at} } @anew), 5, '... and five know when');
is($status->($order), 'used', '... and is used again');

my $free = $s->buy($shop, { Guest => 1 })->{json};
is($told->($free->{tickets}[0]{code}), 'valid', 'a ticket that cost nothing lets in too');

# --- a refund and a door at once ------------------------------------------------------------

my %end;
for my $round (1 .. 8) {
    my $o     = $buy->(1);
    my $guest = $s->must(POST => '/v1/access_tokens', { order => $o->{id} })->{token};
    my ($door, $money) = $s->parallel(2, sub {
        return $told->($o->{tickets}[0]{code}) if !$_[0];
        return $s->call(POST => "/v1/orders/$o->{id}/refunds", {}, key => $guest)->{status} });
    $end{"$door $money"}++;
}
is(join(', ', grep { !/^(?:valid 409|refunded 201)$/ } sort keys %end), '', 'a guest gets in or its money, never both') or diag(explain(\%end));

# --- an event that never is --------------------------------------------------------------------

my $never = $s->shop;
my $lost  = $s->buy($never, { Floor => 1 }, payment_token => 'tok_visa')->{json};
$s->must(POST => "/v1/events/$never->{event}/cancel", {});
my $gone_as = $told->($lost->{tickets}[0]{code}, call => { key => 'platform' });
like($gone_as, qr/^(?:event_cancelled|refunded)$/, 'of an event that is cancelled nobody is let in');
ok($s->wait_until(20, sub { $told->($lost->{tickets}[0]{code}, call => { key => 'platform' }) eq 'refunded' }), '... soon because the money is back');

# --- kept -------------------------------------------------------------------------------------

my $kept = $s->dbh->selectall_arrayref(q{select status, gate, device, signed, event_id is not null from app.ticket_scans where ticket_id = ?
    order by scanned_at}, undef, uuid_of($first->{id}));
is_deeply([ @$kept[ 0, 1, 2 ] ], [ [ 'valid', 'North', 'scanner 7', 0, 1 ], [ 'used', 'South', undef, 0, 0 ], [ 'used', undef, undef, 1, 0 ] ],
    'every scan of the first ticket is kept');
is(one_value($s, 'select count(*) from app.ticket_scans where ticket_id = ?', uuid_of($second->{id})), 12, 'all twelve of the second are');
is(one_value($s, 'select count(*) from app.ticket_scans where ticket_id = ?', uuid_of($third->{id})), 2, '... of a repeated one, one');
is(one_value($s, q{select count(*) from ops.audit where action = 'ticket.used' and object_id = ?}, uuid_of($second->{id})), 1, 'the audit log has it once');
$s->wait_until(20, sub { !@{ $s->must(GET => '/v1/refunds?status=pending')->{data} } });
$s->books_ok;
my $verify = $s->boxoffice('verify');
is($verify->{status}, 0, 'every invariant holds') or diag($verify->{out});
done_testing;
