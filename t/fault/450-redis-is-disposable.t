# With Redis killed, stopped or emptied in the middle of checkouts every order is made as before, and takes hardly longer.
# The same checkouts are timed with Redis well, killed, stopped (SIGSTOP), emptied and started again, by server key and by access token.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s = Stack->up(pay => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_RATE_TOKEN_PER_SECOND => 1000, BOXOFFICE_RATE_PAY_PER_MINUTE => 10000 });
my $shop  = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $token = $s->must(POST => '/v1/access_tokens', { email => 'bea@example.com', name => 'Bea' })->{token};
my $cli   = sub { system('redis-cli', '-s', (readlink($s->dir . '/run') // $s->dir . '/run') . '/redis.sock', @_) == 0 or die "redis-cli @_ failed\n" };
my $round = 0;

# Checkouts and looks by both kinds of caller; gives milliseconds and whatever was not as it should be.
sub checkouts {
    my ($n, $meanwhile) = @_;
    my (@ms, @odd);
    $round++;
    for my $i (1 .. $n) {
        $meanwhile->($i) if $meanwhile;
        for my $key ('platform', $token) {
            my $body = $s->order_body($shop, { Floor => 1 }, payment_token => $i % 5 ? 'tok_visa' : 'tok_declined');
            my $began = time;
            my $got = $s->call(POST => '/v1/orders', $body, idem => "r-$round-$i-$key", key => $key);
            push @ms, 1000 * (time - $began);
            push @odd, "$got->{status} $got->{body}" if $got->{status} != ($i % 5 ? 201 : 402);
            my $order = ($got->{json}{order} || $got->{json})->{id};
            my $seen = $s->call(GET => "/v1/orders/$order", undef, key => $key);
            push @odd, "a look: $seen->{status}" if $seen->{status} != 200;
            my $again = $s->call(POST => '/v1/orders', $body, idem => "r-$round-$i-$key", key => $key);
            push @odd, "a repeat: $again->{status}" if $again->{body} ne $got->{body};
        }
    }
    return (\@odd, @ms);
}

my ($odd, @well) = checkouts(30);
is "@$odd", '', 'with Redis there are no surprises';
my $limit = percentile(0.95, @well) + 60;

sub as_ever {
    my ($what, $odd, @ms) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is join("\n", @$odd), '', "$what: every order is made, seen and repeated as ever";
    my $most = percentile(0.95, @ms);
    cmp_ok $most, '<', $limit, sprintf "%s: 95 %% of checkouts take %.0f ms, with Redis %.0f", $what, $most, $limit - 60;
    return;
}

as_ever('emptied', checkouts(25, sub { $cli->('flushall') if $_[0] % 3 == 0 }));
my $pid = $s->part_pid('redis');
as_ever('stopped', checkouts(25, sub { kill STOP => $pid if $_[0] == 3 }));
kill CONT => $pid;
as_ever('going on', checkouts(10));
as_ever('killed', checkouts(25, sub { kill KILL => $pid if $_[0] == 3 }));
is $s->call(GET => '/readyz', undef, key => undef)->{json}{redis}, 'down', 'the house says so';
is $s->call(GET => '/readyz', undef, key => undef)->{status}, 200, 'and is ready all the same';
$s->stop('redis');
$s->start('redis');
as_ever('started again', checkouts(25));
ok $s->wait_until(5, sub { $s->call(GET => '/v1/orders', undef, key => $token)->{headers}{ratelimit} }), 'and limits are counted again';
$cli->(config => set => 'maxmemory', 1);
as_ever('full', checkouts(10));

$s->books_ok;
sound($s, 'at the end');
done_testing;
