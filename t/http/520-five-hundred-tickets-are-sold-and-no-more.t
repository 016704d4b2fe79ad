# 64 buyers at one type of 500 tickets buy exactly 500: never one more, none left over, and nobody is told "sold out" while one may still come back.
# A first round only buys; in a second, cards are declined, orders cancelled and holds left to expire while the clock runs ahead.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use Stack;
use Storm;

my $s = Stack->up(pay => 6, sandbox_sync => 0);

# Buys until the type is sold out for a single ticket; gives what happened, with everything it was told.
sub buyer {
    my ($shop, $act) = @_;
    my %did = (bought => 0, odd => []);
    for (my $end = time + 60; time < $end;) {
        my $n   = 1 + int rand 3;
        my $got = $act->($shop, $n, \%did);
        my $code = $got->{json}{code} // '';
        if ($got->{status} == 201 || $got->{status} == 402) { next }
        elsif ($code eq 'sold_out') { return \%did if $n == 1 }
        elsif ($code eq 'temporarily_unavailable') { $did{waited}++; sleep 0.05 + rand 0.1 }
        else { push @{ $did{odd} }, "$got->{status} $got->{body}" }
    }
    push @{ $did{odd} }, 'never told that it is sold out';
    return \%did;
}

sub buy {
    my ($shop, $n, $did) = @_;
    my $got = $s->buy($shop, { Floor => $n }, payment_token => 'tok_visa');
    $did->{bought} += $n if $got->{status} == 201;
    return $got;
}

sub end_of_round {
    my ($name, $shop, @did) = @_;
    my ($bought, $waited) = (0, 0);
    $bought += $_->{bought} // 0 for @did;
    $waited += $_->{waited} // 0 for @did;
    is join("\n", map { $_->{died} // (), @{ $_->{odd} || [] } } @did), '', "$name: nobody met anything but tickets, declines and refusals";
    is $bought, 500, "$name: 64 buyers have 500 tickets";
    my $type = uuid_of($shop->{types}{Floor});
    is one_value($s, 'select count(*) from app.tickets where type_id = ?', $type), 500, "$name: 500 are issued";
    is one_value($s, 'select sum(remaining) from app.ticket_buckets where type_id = ?', $type), 0, "$name: none is left";
    is one_value($s, 'select count(distinct code) from app.tickets where type_id = ?', $type), 500, "$name: each with a code of its own";
    note "$name: waited $waited times";
    return $waited;
}

{
    my $shop = $s->shop(types => [ [ Floor => 5000, 500 ] ]);
    end_of_round('buying only', $shop, $s->parallel(64, sub { buyer($shop, \&buy) }));
}

# Several types in one cart, asked for in both orders: nobody waits for ever.
{
    my $shop = $s->shop(types => [ map { [ $_ => 1000, 40 ] } qw(A B C) ]);
    my @types = values %{ $shop->{types} };
    my @got = $s->parallel(24, sub {
        my @bad;
        for (1 .. 8) {
            my @items = map { { ticket_type => $_, quantity => 1 + int rand 2 } } sort { rand() <=> 0.5 } @types;
            my $got = $s->call(POST => '/v1/orders', { %{ $s->order_body($shop, {}) }, items => \@items });
            push @bad, "$got->{status} $got->{body}" unless $got->{status} == 201 || ($got->{json}{code} // '') =~ /^(?:sold_out|temporarily_unavailable)$/;
            $s->call(POST => "/v1/orders/$got->{json}{id}/cancel") if $got->{status} == 201 && rand() < 0.5;
        }
        return \@bad;
    });
    is join("\n", map { ref eq 'HASH' ? $_->{died} : @$_ } @got), '', 'carts of several types in any order never stop each other';
}

{
    my $shop = $s->shop(types => [ [ Floor => 5000, 500 ] ]);
    my $stop = time + 8;
    my $act  = sub {
        my ($shop, $n, $did) = @_;
        my $luck = time < $stop ? rand : 1;
        if ($luck < 0.2) { return $s->buy($shop, { Floor => $n }) }    # held, and left to expire
        if ($luck < 0.5) {
            my $got = $s->buy($shop, { Floor => $n }, payment_token => 'tok_declined');
            my $id  = $got->{json}{order}{id};
            if ($got->{status} == 402 && rand() < 0.5) {
                my $then = rand() < 0.5 ? $s->call(POST => "/v1/orders/$id/cancel") : $s->call(POST => "/v1/orders/$id/pay", { payment_token => 'tok_visa' });
                $did->{bought} += $n if $then->{status} == 200 && $then->{json}{status} eq 'paid';
            }
            return $got;
        }
        return buy($shop, $n, $did);
    };
    my $clock = later(sub {
        for (my $end = time + 80; time < $end;) { $s->advance_clock(200); sleep 0.7 }
        return 1;
    });
    my @did = $s->parallel(64, sub { buyer($shop, $act) });
    my $waited = end_of_round('with declines, cancelled and expired orders', $shop, @did);
    kill TERM => $clock->{pid};
    answer($clock);
    cmp_ok one_value($s, q{select count(*) from app.orders where status = 'expired'}), '>', 10, 'orders expired in between';
    cmp_ok one_value($s, q{select count(*) from app.orders where status = 'cancelled'}), '>', 10, 'and were cancelled';
    cmp_ok $waited, '>', 0, 'buyers were told to wait for what others held';
}

# However the tickets lie in the buckets, whoever asks for what is left gets it.
{
    my $shop = $s->shop(types => [ [ Floor => 100, 100, { max_per_order => 100 } ] ]);
    for my $n (37, 53, 9) { is $s->buy($shop, { Floor => $n }, payment_token => 'tok_visa')->{status}, 201, "$n tickets in one order" }
    is $s->buy($shop, { Floor => 2 })->{json}{code}, 'sold_out', 'two are not sold where one is left';
    is $s->buy($shop, { Floor => 1 })->{status}, 201, 'but the one';
}

# More, and fewer, while it is being sold.
{
    my $shop = $s->shop(types => [ [ Floor => 5000, 20 ] ]);
    is $s->buy($shop, { Floor => 8 })->{status}, 201, 'eight of twenty are held';
    is $s->call(PATCH => "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}", { quantity => 7 })->{json}{code}, "state_conflict",
        'there cannot be fewer than are held';
    is $s->call(PATCH => "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}", { quantity => 8 })->{status}, 200, 'but as many';
    is $s->buy($shop, { Floor => 1 })->{json}{code}, 'temporarily_unavailable', 'and then no more are given';
    is $s->call(PATCH => "/v1/events/$shop->{event}/ticket_types/$shop->{types}{Floor}", { quantity => 9 })->{status}, 200, 'one more';
    is $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status}, 201, 'is sold';
}

is one_value($s, q{select coalesce(sum(deadlocks), 0) from pg_stat_database}), 0, 'the database met no deadlock';
$s->books_ok;
sound($s, 'at the end');
done_testing;
