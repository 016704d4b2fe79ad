# A connection cut in COMMIT leaves nobody knowing whether it happened: the caller is never told anything false, and its key ends with one order, one charge and one
# answer.
# A relay between the paying workers and PostgreSQL passes COMMIT on and then cuts, before or after the database has answered, every third time.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);
use Relay;
use Stack;
use Storm;

my $s = Stack->up(pay => 6, sandbox_sync => 0, env => { BOXOFFICE_CALL_DEADLINE_MS => 1500, BOXOFFICE_FENCE_MS => 2500, BOXOFFICE_HORIZON_MS => 4000 });
my $shop = $s->shop(types => [ [ Floor => 5000, 100000 ] ]);
my $code = storm_code($s, $shop);
my $run  = readlink($s->dir . '/run') // $s->dir . '/run';
mkdir "$run/relay" or die "$run/relay: $!\n";
my $relay = Relay->new(to => "$run/pg/.s.PGSQL.5432", listen => "$run/relay/.s.PGSQL.5432");
ok -S "$run/relay/.s.PGSQL.5432", 'the relay listens';
$s->stop('pay');
{
    local $s->{opt}{env} = { %{ $s->{opt}{env} }, BOXOFFICE_DATABASE_URL => "postgresql://boxoffice_api@/boxoffice?host=$run/relay" };
    $s->start('pay');
}
is $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{status}, 201, 'the paying workers speak through it';
$relay->does('commit', every => 3);

my $place = sub {
    my ($key) = @_;
    my %token = $key =~ /hold/ ? () : (payment_token => 'tok_visa');
    return $s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, %token, promo_code => $code), idem => $key);
};
my @did = $s->parallel(20, sub {
    my ($n) = @_;
    my @done;
    for my $key (map { ("pay-$n-$_", "hold-$n-$_") } 1 .. ($ENV{BOXOFFICE_TEST_FULL} ? 40 : 3)) {
        my (@met, $got);
        $s->wait_until(40, sub {
            $got = $place->($key);
            push @met, "$got->{status} " . ($got->{json}{code} // $got->{json}{status} // '');
            sleep 0.3 if $got->{status} != 201;
            return $got->{status} == 201;
        });
        push @done, [ $key, $got->{body}, \@met ];
    }
    return \@done;
});
$relay->does('pass');
is join("\n", map { ref eq 'HASH' ? $_->{died} : () } @did), '', 'twenty buyers';
my @done = map { @$_ } grep { ref eq 'ARRAY' } @did;
my %seen;
$seen{$_}++ for map { @{ $_->[2] } } @done;
my $met = join ', ', map { "$_ ($seen{$_})" } sort keys %seen;
is join(', ', grep { !/^(?:201 (?:paid|held)|202 processing|409 idempotency_in_progress|503 (?:unavailable|gateway_unavailable))$/ } sort keys %seen), '',
    "they met answers and \"not yet\" only: $met";
is join(' ', map { $_->[0] } grep { $_->[2][-1] !~ /^201/ } @done), '', 'every key ends with its order';
my ($at_once, $at_the_answer) = map { $relay->done($_) } 'at once', 'at the answer';
cmp_ok $at_once, '>', 10, "connections were cut before the answer ($at_once)";
cmp_ok $at_the_answer, '>', 10, "and after it ($at_the_answer)";

my %order;
$order{ JSON::PP->new->utf8->decode($_->[1])->{id} }++ for @done;
is scalar(keys %order), scalar(@done), 'no two keys share an order';
is one_value($s, 'select count(*) from app.orders'), @done + 1, 'and there is no order without a key';
is slots_left($s), 100_000 - @done, 'nor one without its one use of the code';
my @differ = grep { $place->($_->[0])->{body} ne $_->[1] } @done;
is_deeply \@differ, [], 'every key repeats its answer byte for byte';

$s->books_ok;
sound($s, 'at the end');
done_testing;
