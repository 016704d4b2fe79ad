# Proves that an event goes on sale only while its organizer is verified and
# licensed and it is not over, that pausing stops and publishing resumes sales,
# that it completes by itself at its end, and that tickets can be added and
# taken away down to what is sold. By the calls, and the test clock.
use strict;
use warnings;
use POSIX ();
use Problem;
use Stack;
use Test::More;

my $s   = Stack->up(pay => 1, hook => 1, api => 2);
my $now = sub { $s->must(GET => '/v1/test_clock', undef, key => 'admin')->{now} };
my $at  = sub { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) };
my $day = sub { substr $at->(86400 * $_[0]), 0, 10 };
my $org = $s->must(POST => '/v1/organizers', { name => 'A', email => 'a@a.example', country => 'US', currency => 'USD', time_zone => 'America/New_York' });
my %event = (organizer => $org->{id}, name => 'E', starts_at => $at->(10 * 86400), ends_at => $at->(11 * 86400));
my $event = $s->must(POST => '/v1/events', \%event);
my $path  = "/v1/events/$event->{id}";
my $move  = sub { my ($to, $where) = @_; return $s->call(POST => ($where // $path) . "/$to", {}) };
my $verify = sub { return $s->must(POST => "/v1/organizers/$org->{id}/verification", {@_}, key => 'admin') };
my $type = $s->must(POST => "$path/ticket_types", { name => 'Floor', price => 5000, quantity => 50 });
my $shop = { event => $event->{id}, types => { Floor => $type->{id} } };
is($event->{status}, 'draft', 'an event is a draft at first');

# --- verification -----------------------------------------------------------------

is($org->{verification}{status}, 'pending', 'an organizer is not verified at first');
problem_ok($move->('publish'), 409, 'organizer_not_verified', 'pending');
$verify->(status => 'rejected', reason => 'papers missing');
problem_ok($move->('publish'), 409, 'organizer_not_verified', 'rejected');
is_deeply($verify->(status => 'verified', licence_number => 'L-1', licence_expires_on => $day->(-2))->{verification},
    { status => 'verified', licence_number => 'L-1', licence_expires_on => $day->(-2), reason => undef }, 'verified with a licence');
problem_ok($move->('publish'), 409, 'organizer_not_verified', 'its licence lapsed');
is($s->call(GET => $path)->{json}{status}, 'draft', 'a draft still');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an order for a draft');
problem_ok($move->('pause'), 409, 'state_conflict', 'pausing a draft');
my $verification = sub { $s->call(POST => "/v1/organizers/$org->{id}/verification", $_[0], key => 'admin') };
fields_ok($verification->({}), { '/status' => 'missing' }, 'no verification');
fields_ok($verification->({ status => 'maybe', licence_number => '', licence_expires_on => '2027-02-30', reason => 7, by => 'me' }),
    { '/status' => 'unknown_value', '/licence_number' => 'out_of_range', '/licence_expires_on' => 'out_of_range', '/reason' => 'wrong_type',
        '/by' => 'unknown_field' }, 'a bad one');

# --- on sale, paused, on sale --------------------------------------------------------

$verify->(status => 'verified', licence_expires_on => $day->(5));
my $on = $move->('publish');
is($on->{json}{status}, 'on_sale', 'published');
isnt($on->{headers}{etag}, '"1"', '... a new version');
is($move->('publish')->{headers}{etag}, $on->{headers}{etag}, 'published again: nothing changes');
is($s->buy($shop, { Floor => 2 }, payment_token => 'tok_visa')->{json}{status}, 'paid', 'tickets are sold');
my $held = $s->buy($shop, { Floor => 3 })->{json};
is($move->('pause')->{json}{status}, 'paused', 'paused');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an order while paused');
problem_ok($s->call(POST => '/v1/quotes', $s->order_body($shop, { Floor => 1 })), 409, 'event_not_on_sale', 'a quote while paused');
is($move->('pause')->{json}{status}, 'paused', 'paused again: nothing changes');
is($move->('publish')->{json}{status}, 'on_sale', 'resumed');

# --- tickets up and down ---------------------------------------------------------------

my $left = sub { my $t = $s->must(GET => "$path/ticket_types/$type->{id}"); return "$t->{quantity} $t->{remaining}" };
is($left->(), '50 45', 'of 50 tickets 2 are sold and 3 held');
is($s->call(PATCH => "$path/ticket_types/$type->{id}", { quantity => 60 })->{json}{remaining}, 55, 'ten more');
is($s->call(PATCH => "$path/ticket_types/$type->{id}", { quantity => 5 })->{json}{remaining}, 0, 'down to what is sold and held');
problem_ok($s->call(PATCH => "$path/ticket_types/$type->{id}", { quantity => 4 }), 409, 'state_conflict', 'one less');
is($left->(), '5 0', '... is not done by half');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'temporarily_unavailable', 'an order when all are sold or held');
$s->must(POST => "/v1/orders/$held->{id}/cancel", undef);
is($left->(), '5 3', 'what a cancelled order held is there again');
is($s->call(PATCH => "$path/ticket_types/$type->{id}", { quantity => 7, price => 6000 })->{json}{remaining}, 5, 'two more at a new price');
is($s->buy($shop, { Floor => 5 }, payment_token => 'tok_visa')->{json}{items}[0]{unit_price}, 6000, 'all five are sold at that price');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'sold_out', 'an order when all are sold');
$s->must(PATCH => "$path/ticket_types/$type->{id}", { quantity => 100 });

# --- the licence lapses, the event ends -----------------------------------------------------

$s->advance_clock(7 * 86400);
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'organizer_not_verified', 'an order after the licence has lapsed');
$verify->(status => 'verified');
is($s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{status}, 'paid', 'renewed: sold again');

my $later = $s->must(POST => '/v1/events', { %event, name => 'Later', ends_at => $at->(30 * 86400) });
my $never = $s->must(POST => '/v1/events', { %event, name => 'Never published' });
my $asleep = $s->must(POST => '/v1/events', { %event, name => 'Paused' });
$move->('publish', "/v1/events/$_->{id}") for $later, $asleep;
$move->('pause', "/v1/events/$asleep->{id}");
$s->must(PATCH => "/v1/events/$later->{id}", { ends_at => $at->(40 * 86400) });
my $clock = $s->advance_clock(5 * 86400);
is($clock->{quiet}, JSON::PP::true, 'the clock passes the end; every job has run');
my $status = sub { $s->must(GET => "/v1/events/$_[0]{id}")->{status} };
is($status->($event),  'completed', 'an event on sale has completed by itself');
is($status->($asleep), 'completed', 'a paused one too');
is($status->($never),  'draft',     'a draft stays a draft');
is($status->($later),  'on_sale',   'one whose end was moved goes on');
problem_ok($s->buy($shop, { Floor => 1 }), 409, 'event_not_on_sale', 'an order afterwards');
problem_ok($move->($_), 409, 'state_conflict', "$_ afterwards") for qw(publish pause);
problem_ok($s->call(PATCH => $path, { name => 'X' }), 409, 'state_conflict', 'a change afterwards');
problem_ok($s->call(POST => "$path/ticket_types", { name => 'T', price => 1, quantity => 1 }), 409, 'state_conflict', 'a new ticket type afterwards');
problem_ok($move->('publish', "/v1/events/$never->{id}"), 409, 'state_conflict', 'publishing what is over');
$s->advance_clock(30 * 86400);
is($status->($later), 'completed', 'the moved end comes as well');

my $done = $s->dbh->selectcol_arrayref(q{select count(*) from ops.audit where action = 'event.completed' group by object_id});
is("@$done", '1 1 1', 'each completed once');

$s->books_ok;
done_testing;
