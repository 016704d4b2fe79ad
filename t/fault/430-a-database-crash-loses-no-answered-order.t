# PostgreSQL stopped in the middle of everything and recovered: every order that was answered is there as it was answered, every other key makes exactly one.
# Eight buyers buy without pause while it is stopped immediately and started three times; then each key is repeated and compared.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s = Stack->up(pay => 4, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 3000, BOXOFFICE_HORIZON_MS => 5000 });
my $shop  = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $code  = storm_code($s, $shop);
my $place = sub {
    my ($key) = @_;
    my %token = $key =~ /hold/ ? () : (payment_token => $key =~ /decline/ ? 'tok_declined' : 'tok_visa');
    return $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, %token, promo_code => $code), idem => $key);
};
my $until = time + 9;

my @did = $s->parallel(9, sub {
    my ($n) = @_;
    if ($n == 8) {
        for my $crash (1 .. 3) {
            sleep 1.5;
            local $ENV{PG_STOP} = 'QUIT';
            $s->stop('postgres');
            sleep 0.2;
            $s->start('postgres');
        }
        return [];
    }
    my @sent;
    for (my $i = 0; time < $until; $i++) {
        my $key = "$n-$i-" . (qw(pay pay pay hold decline))[ rand 5 ];
        my $got = $place->($key);
        push @sent, [ $key, $got->{status}, $got->{json}{code} // $got->{json}{status} // '', $got->{body} ];
        sleep 0.02 if $got->{status} >= 500;
    }
    return \@sent;
});
is join("\n", map { ref eq 'HASH' ? $_->{died} : () } @did), '', 'eight buyers and three crashes';
my @sent = map { @$_ } grep { ref eq 'ARRAY' } @did;
my (%seen, %answer);
for (@sent) { $seen{"$_->[1] $_->[2]"}++; $answer{ $_->[0] } = $_ }
my $met = join ', ', map { "$_ ($seen{$_})" } sort keys %seen;
is join(', ', grep { !/^(?:20[12] \w+|402 card_declined|503 unavailable|502 outcome_unknown)$/ } sort keys %seen), '', "they met answers and \"not now\" only: $met";
cmp_ok $seen{'503 unavailable'} // 0, '>', 0, 'and met the crashes';
cmp_ok $seen{'201 paid'} // 0, '>', 100, 'and sold in between';

ok settled($s, 30), 'every charge is decided';
sound($s, 'before any key is repeated');
my (@lost, @differ, %order);
for my $key (sort keys %answer) {
    my (undef, $status, undef, $body) = @{ $answer{$key} };
    my $got;
    $s->wait_until(20, sub { $got = $place->($key); $got->{status} != 202 && $got->{status} != 409 });
    push @lost, "$key: $got->{status} $got->{body}" unless $got->{status} == ($key =~ /decline/ ? 402 : 201);
    push @differ, "$key: $body\n$got->{body}" if ($status == 201 || $status == 402) && $got->{body} ne $body;
    $order{ ($got->{json}{order} || $got->{json})->{id} // '' }++;
}
is "@lost", '', 'every key ends with its order';
is $differ[0], undef, 'what was answered before a crash is answered after it, byte for byte';
is_deeply [ grep { $order{$_} > 1 } keys %order ], [], 'no two keys share an order';
is one_value($s, 'select count(*) from app.orders'), scalar keys %answer, 'and there is no order without a key';
is slots_left($s), 100_000 - keys %answer, 'nor one without its one use of the code';

$s->books_ok;
sound($s, 'at the end');
done_testing;
