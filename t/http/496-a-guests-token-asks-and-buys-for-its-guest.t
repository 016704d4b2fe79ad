# Proves that a guest's token learns of no other guest from a code's limit, and gets no more uses of it by naming another. By two guests who have tokens,
# of whom one has used a code that each may use once, and quotes and orders of both with every address.
use strict;
use warnings;
use Problem;
use Stack;
use Test::More;

my $s    = Stack->up(pay => 1, hook => 1, api => 1);
my $shop = $s->shop(types => [ [ Floor => 5000, 100 ] ]);
$s->must(POST => '/v1/promo_codes', { organizer => $shop->{organizer}, code => 'ONCE', max_per_guest => 1, discount => { type => 'percent', percent_bps => 1000 } });
my %token = map { $_ => $s->must(POST => '/v1/access_tokens', { email => "$_\@guest.example", name => $_ })->{token} } qw(spy victim);
my $quote = sub {
    my ($who, $named) = @_;
    my $body = $s->order_body($shop, { Floor => 1 }, promo_code => 'ONCE', guest => { email => $named, name => 'N' });
    delete $body->{guest} if !$named;
    return $s->must(POST => '/v1/quotes', $body, key => $token{$who})->{promo}{reason} // 'applied';
};
my $order = sub {
    my ($who, $named, %more) = @_;
    my $body = $s->order_body($shop, { Floor => 1 }, promo_code => 'ONCE', guest => { email => $named, name => 'N' });
    delete $body->{guest} if !$named;
    return $s->call(POST => '/v1/orders', $body, key => $token{$who});
};

is($order->('victim')->{status}, 201, 'a guest uses a code that each may use once');
is($quote->('victim'), 'promo_guest_limit', '... and is told that it is no more');
is($quote->('spy', $_), 'applied', "another guest's token is told nothing of $_") for 'victim@guest.example', 'nobody@guest.example', 'Victim+1@guest.example';
is($order->('spy', 'new@guest.example')->{status}, 201, 'it uses the code for an address of its own making');
is($quote->('spy', $_), 'promo_guest_limit', 'which was its use, naming ' . ($_ // 'nobody')) for undef, 'other@guest.example', 'victim@guest.example';
problem_ok($order->('spy', 'other@guest.example'), 409, 'promo_guest_limit', '... and another address gets no other');
problem_ok($order->('victim', 'other@guest.example'), 409, 'promo_guest_limit', '... for nobody');
is($s->call(POST => '/v1/orders', $s->order_body($shop, { Floor => 1 }, promo_code => 'ONCE', guest => { email => 'other@guest.example', name => 'O' }))->{status}, 201,
    'who was named by others only has had no use');
$s->books_ok;
is($s->boxoffice('verify')->{status}, 0, 'every invariant holds');
done_testing;
