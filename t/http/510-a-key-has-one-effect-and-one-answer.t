# An Idempotency-Key makes one order and one charge, and from its answer on gives the same bytes; a refused request leaves it unused.
# Keys are repeated alone, eight at a time, with other bodies, by other credentials, and after every kind of refusal.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use Stack;
use Storm;

my $s    = Stack->up(pay => 4, sandbox_sync => 0);
my $shop = $s->shop(types => [ [ Floor => 5000, 10000 ], [ One => 5000, 1 ] ]);
my $charged = sub { scalar grep { $_->{status} eq 'approved' } @{ $s->sandbox(GET => "/sandbox/transactions?order=$_[0]")->{json}{data} } };
my $place   = sub { my ($key, $cart, %more) = @_; my %h; $h{key} = delete $more{key} if exists $more{key};
    $s->call(POST => '/v1/orders', $s->order_body($shop, $cart, %more), idem => $key, %h) };
my $is_code = sub { my ($got, $want, $what) = @_; local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$got->{status} " . ($got->{json}{code} // ''), $want, $what or diag $got->{body} };

# --- eight at once ------------------------------------------------------------

# All answers are the good status with the same bytes, or 409 whose repeat gives them.
sub race {
    my ($good, $request) = @_;
    my @got  = $s->parallel(8, $request);
    my @good = grep { $_->{status} == $good } @got;
    my @odd  = grep { $_->{status} != $good && !($_->{status} == 409 && $_->{json}{code} eq 'idempotency_in_progress') } @got;
    my @repeats = map { $request->() } grep { $_->{status} == 409 } @got;
    my %bodies  = map { $_->{body} => 1 } @good, @repeats;
    my @first   = grep { !$_->{headers}{'idempotent-replayed'} } @good;
    my @wrong;
    push @wrong, "an answer $_->{status} $_->{body}" for @odd;
    push @wrong, 'nobody was answered' unless @good;
    push @wrong, scalar(keys %bodies) . ' different answers' if keys %bodies != 1;
    push @wrong, scalar(@first) . ' answers that are not said to be replayed' if @first > 1;
    push @wrong, "a repeat $_->{status}" for grep { $_->{status} != $good } @repeats;
    return (\@wrong, ($good[0] || $repeats[0])->{json}{id});
}

my (@wrong, %order);
for my $round (1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 200 : 20)) {
    my ($wrong, $id) = race(201, sub { $place->("race-$round", { Floor => 1 }, payment_token => 'tok_visa') });
    push @wrong, map { "round $round: $_" } @$wrong;
    $order{ $id // '' }++;
    push @wrong, "round $round: charged " . $charged->($id) if $charged->($id) != 1;
}
is "@wrong", '', 'eight identical orders at once are one order, one charge and one answer';
is one_value($s, 'select count(*) from app.orders'), scalar keys %order, 'each round made one order';
@wrong = ();
for my $round (1 .. 5) {
    my $held = $place->(undef_key(), { Floor => 1 })->{json}{id};
    my ($wrong, $id) = race(200, sub { $s->call(POST => "/v1/orders/$held/pay", { payment_token => 'tok_visa' }, idem => "pay-$round") });
    push @wrong, @$wrong;
    push @wrong, 'charged ' . $charged->($held) if $charged->($held) != 1;
    ($wrong) = race(201, sub { $place->("hold-$round", { Floor => 1 }) });
    push @wrong, @$wrong;
    ($wrong) = race(402, sub { $place->("decline-$round", { Floor => 1 }, payment_token => 'tok_declined') });
    push @wrong, @$wrong;
}
is "@wrong", '', 'so are eight identical payments, holds and declines at once';

sub undef_key { return Stack::random_key() }

# --- one key, other requests --------------------------------------------------

my $held = $place->('mine', { Floor => 1 });
is $held->{status}, 201, 'a key holds an order';
$is_code->($place->('mine', { Floor => 2 }), '422 idempotency_key_reused', 'another body with it is refused');
$is_code->($place->('mine', { Floor => 1 }, metadata => {}), '422 idempotency_key_reused', 'so is one that means the same but is not the same bytes');
$is_code->($s->call(POST => "/v1/orders/$held->{json}{id}/pay", { payment_token => 'tok_visa' }, idem => 'mine'), '422 idempotency_key_reused', 'and another path');
$is_code->($s->call(POST => "/v1/orders/$held->{json}{id}/cancel", undef, idem => 'mine'), '422 idempotency_key_reused', 'also where a key is not required');
is $place->('"mine"', { Floor => 1 })->{body}, $held->{body}, 'quotes around it are not part of it';
$s->must(POST => "/v1/orders/$held->{json}{id}/pay", { payment_token => 'tok_visa' });
my $again = $place->('mine', { Floor => 1 });
is "$again->{status} $again->{body}", "201 $held->{body}", 'it answers the first bytes also when the order has changed since';

my $key = $s->must(POST => '/v1/api_keys', { role => 'platform', name => 'second' }, key => 'admin')->{key};
is $place->('mine', { Floor => 1 }, key => $key)->{body}, $held->{body}, 'it belongs to the platform, whichever of its keys asks';
my $token = $s->must(POST => '/v1/access_tokens', { email => 'bea@example.com', name => 'Bea' })->{token};
my $guest = $place->('mine', { Floor => 1 }, key => $token);
is $guest->{status}, 201, 'a guest with the same key';
isnt $guest->{json}{id}, $held->{json}{id}, 'has an order of its own';
my $sealed = one_value($s, q{select count(*) from ops.idempotency where position('guest@example.com'::bytea in answer) > 0 or position('held'::bytea in answer) > 0});
is $sealed, 0, 'stored answers cannot be read in the database';

# --- what does not use a key up -------------------------------------------------

my $holder = $place->('holder', { One => 1 })->{json}{id};
$is_code->($place->('wants-one', { One => 1 }), '409 temporarily_unavailable', 'a key meets a held ticket');
$s->must(POST => "/v1/orders/$holder/cancel", undef);
is $place->('wants-one', { One => 1 }, )->{status}, 201, 'and gets it once it is let go';
$is_code->($place->('sold', { One => 1 }), '409 temporarily_unavailable', 'another meets it held again');
my $winner = $place->('wants-one', { One => 1 })->{json}{id};
$s->must(POST => "/v1/orders/$winner/pay", { payment_token => 'tok_visa' });
$is_code->($place->('sold', { One => 1 }), '409 sold_out', 'then sold');
is $place->('sold', { Floor => 1 })->{status}, 201, 'and may then ask for something else';
$is_code->($place->('bad', { Floor => 0 }), '400 invalid_request', 'a bad request');
is $place->('bad', { Floor => 1 })->{status}, 201, 'leaves its key free';
$is_code->($s->call(POST => "/v1/orders/$winner/pay", { payment_token => 'tok_visa' }, idem => 'twice'), '409 order_already_paid', 'a payment refused');
is $place->('twice', { Floor => 1 })->{status}, 201, 'leaves its key free';
my $declined = $place->('declined', { Floor => 1 }, payment_token => 'tok_declined');
$is_code->($declined, '402 card_declined', 'a decline');
$is_code->($place->('declined', { Floor => 1 }, payment_token => 'tok_visa'), '422 idempotency_key_reused', 'uses it up');
is $place->('declined', { Floor => 1 }, payment_token => 'tok_declined')->{body}, $declined->{body}, 'and is repeated byte for byte';
$again = $s->call(POST => "/v1/orders/$declined->{json}{order}{id}/cancel", undef, idem => 'let-go');
is $s->call(POST => "/v1/orders/$declined->{json}{order}{id}/cancel", undef, idem => 'let-go')->{body}, $again->{body}, 'a key is honoured where it is not required';

# --- it outlives the workers and Redis ------------------------------------------

$s->kill_workers(KILL => 'pay');
$s->stop('redis');
$s->start('redis');
ok $s->wait_until(5, sub { $place->('mine', { Floor => 1 })->{status} == 201 }), 'new workers';
is $place->('mine', { Floor => 1 })->{body}, $held->{body}, 'give the same bytes';

$s->books_ok;
sound($s, 'at the end');
done_testing;
