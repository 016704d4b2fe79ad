# Proves that postponing an event stops its sale and gives those who bought before some days to have their money back, whatever their policy's window says; that new
# dates, or the old ones, put it on sale again and give the days anew; that nothing of it matures meanwhile, and no scan of before binds. By tokens and the test clock.
use strict;
use warnings;
use POSIX ();
use Problem;
use Stack;
use Storm;
use Test::More;

my $s = Stack->up(pay => 2, hook => 1, api => 2);
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $day = 86400;
my $at  = sub { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $day * $_[0])) };
my $shop = $s->shop(types => [ [ Floor => 5000, 100 ] ], organizer => { refund_policy => { refund_fees => $no, until_hours_before_event => 87600 },
    payout_policy => { allow_negative => $no, hold_days_after_event => 1, reserve_bps => 0 } });
my $path  = "/v1/events/$shop->{event}";
my $sold  = sub { my $o = $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    return { id => $o->{id}, token => $s->must(POST => '/v1/access_tokens', { order => $o->{id}, ttl_seconds => 86400 })->{token} } };
my $asks  = sub { my ($o, $body) = @_; return $s->call(POST => "/v1/orders/$o->{id}/refunds", $body // {}, key => $o->{token}) };
my $told  = sub { one_value($s, 'select count(*) from ops.outbox where type = ? and object_id = ?', $_[0], uuid_of($shop->{event})) };
my $balance = sub { my ($b) = @{ $s->must(GET => "/v1/balance?organizer=$shop->{organizer}", undef, key => 'admin')->{balances} }; "$b->{pending} $b->{available}" };

my @o    = map { $sold->() } 1 .. 6;
my $held = $s->buy($shop, { Floor => 1 })->{json};
problem_ok($asks->($o[0]), 409, 'refund_window_closed', 'a guest whose time to ask is over');

# --- postponed -------------------------------------------------------------------------

fields_ok($s->call(POST => "$path/postpone", { refund_days => $_ }), { '/refund_days' => 'out_of_range' }, "$_ days") for 0, 366;
my $event = $s->must(POST => "$path/postpone", { reason => 'The hall is flooded', refund_days => 10 });
is("$event->{status}: $event->{status_reason}", 'postponed: The hall is flooded', 'postponed');
is(substr($event->{refunds_until}, 0, 10), substr($at->(10), 0, 10), '... with ten days to ask');
is_deeply($s->must(POST => "$path/postpone", { refund_days => 99 }), $event, 'postponed again: nothing changes');
is($told->('event.postponed'), 1, '... told once');
problem_ok($s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 })), 409, 'event_not_on_sale', 'a quote');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an order');
problem_ok($s->call(POST => "/v1/orders/$held->{id}/pay", { payment_token => 'tok_visa' }), 409, 'event_not_on_sale', 'paying what is held');
problem_ok($s->call(POST => "$path/publish"), 409, 'state_conflict', 'publishing it without new dates');
is($s->must(PATCH => $path, { name => 'Another name' })->{status}, 'postponed', 'another name is no new date');
is($s->must(PATCH => $path, { ends_at => '2020-01-02T00:00:00Z', starts_at => '2020-01-01T00:00:00Z' })->{status}, 'postponed', 'nor are dates gone by');
is($asks->($o[0])->{status}, 201, 'a guest has the money back');
is($asks->($o[1], { amount => 100 })->{status}, 201, '... or a part of it');
$s->advance_clock(9 * $day);
is($asks->($o[1], { amount => 100 })->{status}, 201, '... on the ninth day');
$s->advance_clock(2 * $day);
problem_ok($asks->($o[1], { amount => 100 }), 409, 'refund_window_closed', '... not on the eleventh');
is($s->call(POST => "/v1/orders/$o[1]{id}/refunds", { amount => 100 })->{status}, 201, '... when its seller may');

# --- new dates -------------------------------------------------------------------------

$s->advance_clock(31 * $day);
is($balance->(), '24721 0', 'the old end has passed: nothing of it has matured');
my $again = $s->must(PATCH => $path, { starts_at => $at->(60), ends_at => $at->(61) });
is("$again->{status} " . ($again->{status_reason} // 'none'), 'on_sale none', 'new dates: it is on sale');
is(substr($again->{refunds_until}, 0, 10), substr($at->(52), 0, 10), '... and guests have ten days from now');
cmp_ok($told->('event.updated'), '>=', 2, '... told');
my $new = $sold->();
problem_ok($asks->($new), 409, 'refund_window_closed', 'who buys now knows the dates');
is($asks->($o[2])->{status}, 201, 'who bought before may still have the money');
$s->advance_clock(11 * $day);
problem_ok($asks->($o[3]), 409, 'refund_window_closed', '... until the days are over');
is($balance->(), '24721 0', 'five orders\' worth is pending');
$s->advance_clock(10 * $day);
ok($s->wait_until(10, sub { $balance->() eq '0 24721' }), 'a day after the new end it is available') or diag($balance->());

# --- postponed when it was over, its money taken: no balance is in a guest's way -----------------

$s->dbh->do(q{insert into ledger.entries (org, id, effect, object_id, currency, accounts, amounts, occurred_at, recorded_at)
    select org, gen_random_uuid(), 'payout_sent', gen_random_uuid(), 'USD', '{organizer_available,payouts_in_transit}', '{24721,-24721}', now(), now()
    from app.organizers where id = ?}, undef, uuid_of($shop->{organizer}));
problem_ok($s->call(POST => "/v1/orders/$o[3]{id}/refunds", {}), 409, 'insufficient_organizer_balance', 'an organizer that was paid can\'t give it back');
is($s->must(POST => "$path/postpone")->{status}, 'postponed', 'the platform postpones what was completed');
is($asks->($o[3])->{status}, 201, '... then its guest is not held back by that');
is($s->must(PATCH => $path, { starts_at => $at->(160), ends_at => $at->(161) })->{status}, 'on_sale', 'with new dates');
is($asks->($o[4])->{status}, 201, '... neither');

# --- without a licence -----------------------------------------------------------------------

my $other = $s->shop(event => { starts_at => $at->(190), ends_at => $at->(191) });
$s->must(POST => "/v1/events/$other->{event}/postpone", undef);
$s->must(POST => "/v1/organizers/$other->{organizer}/verification", { status => 'rejected' }, key => 'admin');
is($s->must(PATCH => "/v1/events/$other->{event}", { starts_at => $at->(200), ends_at => $at->(201) })->{status}, 'postponed',
    'an organizer who may not sell gives new dates');
problem_ok($s->call(POST => "/v1/events/$other->{event}/publish"), 409, 'organizer_not_verified', '... and can\'t publish yet');
$s->must(POST => "/v1/organizers/$other->{organizer}/verification", { status => 'verified' }, key => 'admin');
is($s->must(POST => "/v1/events/$other->{event}/publish")->{status}, 'on_sale', '... but later');
is($s->must(POST => "/v1/events/$other->{event}/postpone")->{status}, 'postponed', 'postponed once more');
is($s->must(POST => "/v1/events/$other->{event}/cancel")->{status}, 'cancelled', '... and cancelled');

# --- let in before: a scan binds for the dates that it was for --------------------------------

my $third = $s->shop(event => { starts_at => $at->(300), ends_at => $at->(301) });
my $there = sub { my $o = $s->buy($third, { Floor => 1 }, payment_token => 'tok_visa')->{json};
    return { id => $o->{id}, code => $o->{tickets}[0]{code}, token => $s->must(POST => '/v1/access_tokens', { order => $o->{id}, ttl_seconds => 86400 })->{token} } };
my $door = sub { $s->must(POST => '/v1/tickets/scan', { code => $_[0]{code}, event => $third->{event} })->{status} };
my @in = map { $there->() } 1 .. 4;
is($door->($_), 'valid', 'a guest is let in') for @in[ 0 .. 2 ];
problem_ok($asks->($in[0]), 409, 'ticket_not_refundable', '... and can\'t have the money back');
my $put_off = $s->must(POST => "/v1/events/$third->{event}/postpone", { refund_days => 10 });
is($asks->($in[0])->{status}, 201, '... but when the event is postponed after all');
my $stays = $s->must(PATCH => "/v1/events/$third->{event}", { starts_at => $put_off->{starts_at}, ends_at => $put_off->{ends_at} });
is("$stays->{status} $stays->{starts_at}", "on_sale $put_off->{starts_at}", 'it takes place on its old dates');
is($asks->($in[1])->{status}, 201, '... a guest who was let in before has the days too');
is($door->($in[2]), 'valid', '... or is let in again');
is($door->($in[2]), 'used', '... once');
problem_ok($asks->($in[2]), 409, 'ticket_not_refundable', '... and then has had the evening');

# The batch waits for a transaction that is under way.
$s->dbh->begin_work;
one_value($s, 'select pg_current_xact_id()');
is($s->must(POST => "/v1/events/$third->{event}/cancel")->{status}, 'cancelled', 'it is broken off');
is($asks->($in[2])->{status}, 201, '... a guest who was there need not wait for the batch');
$s->dbh->rollback;
ok($s->wait_until(20, sub { $s->must(GET => "/v1/events/$third->{event}/cancellation")->{status} eq 'done' }), '... which ends');

$s->wait_until(20, sub { !one_value($s, q{select count(*) from app.refunds where status = 'pending'}) });
$s->books_ok;
done_testing;
