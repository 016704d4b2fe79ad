# Charges are answered again after a restore only when those that it lost are in the books: nobody who tries to pay at every moment of the recovery is charged twice.
# Sixty orders are paid after the backup; while the gateway's list is taken in and placed, four callers try to pay each of them until they are told more than to wait.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $n    = 60;
my $s    = Stack->up(pay => 6, hook => 2, api => 2, sandbox_sync => 0, env => { BOXOFFICE_HOLD_SECONDS => 3600 });
my $shop = $s->shop(types => [ [ Floor => 5000, 1000 ] ]);
my @held = map { $s->buy($shop, { Floor => 1 })->{json}{id} } 1 .. $n;
my $copy = cold_copy($s);
$s->call(POST => "/v1/orders/$_/pay", { payment_token => 'tok_visa' }) for @held;
is one_value($s, q{select count(*) from app.orders where status = 'paid'}), $n, 'all are paid after the backup';
put_back($s, $copy);
is one_value($s, q{select count(*) from app.orders where status = 'held'}), $n, 'and held in it';
is $s->boxoffice(qw(restore finish))->{status}, 0, 'the restore is finished';

my @told = $s->parallel(4, sub {
    my (%seen, @left);
    my $until = time + 40;
    for (@left = reverse @held; @left && time < $until; sleep 0.05) {
        my @again;
        for my $order (@left) {
            my $got = $s->call(POST => "/v1/orders/$order/pay", { payment_token => 'tok_visa' });
            $seen{ "$got->{status} " . ($got->{json}{code} // $got->{json}{status} // '') }++;
            push @again, $order if $got->{status} == 503;
        }
        @left = @again;
    }
    return \%seen;
});
my %met;
for my $seen (@told) { $met{$_} += $seen->{$_} for keys %$seen }
cmp_ok $met{'503 recovering'} // 0, '>', 0, 'while it recovers nobody can pay';
is_deeply [ grep { !/^(?:503 recovering|409 order_already_paid)$/ } sort keys %met ], [], 'and then nobody has to: ' . join ', ', map { "$_ ($met{$_})" } sort keys %met;

ok settled($s, 30), 'every charge is decided';
my @sales = grep { $_->{kind} eq 'sale' && $_->{status} ne 'declined' } @{ $s->sandbox(GET => '/sandbox/transactions')->{json}{data} };
is scalar @sales, $n, 'the gateway has one charge for each order';
is one_value($s, q{select count(*) from app.orders where status = 'paid'}), $n, 'and each is paid again';
$s->books_ok;
sound($s, 'at the end');
done_testing;
