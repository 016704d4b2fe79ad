# Proves that an order names the fees, tax, refund rules and terms of sale in force when it was made, and that the text of those terms is kept for ever.
# An organizer's terms are set, changed and taken away between orders.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use JSON::PP qw(decode_json);
use Problem;
use Stack;
use Storm;
use Test::More;

my $s      = Stack->up(pay => 1, hook => 1, api => 1);
my $first  = "No refunds within 48 h.\nDoors 19:00. \x{2014} \x{dc}brigens";
my $shop   = $s->shop(organizer => { terms => $first, refund_policy => { refund_fees => JSON::PP::true, until_hours_before_event => 48 } });
my $path   = "/v1/organizers/$shop->{organizer}";
my $hash   = sub { sha256_hex(encode('UTF-8', $_[0])) };
my $policy = sub { decode_json(one_value($s, 'select policy from app.orders where id = ?', uuid_of($_[0]))) };
my $buy    = sub { $s->buy($shop, { Floor => 1 }, payment_token => 'tok_visa')->{json}{id} };

my $seen = $s->must(GET => $path);
is($seen->{terms}, $first, 'an organizer has its terms of sale');
is($seen->{terms_sha256}, $hash->($first), '... and their hash');
my $one = $buy->();
is($policy->($one)->{terms_sha256}, $hash->($first), 'an order names the terms in force');
is($policy->($one)->{refund_fees} . ' ' . $policy->($one)->{refund_until_hours}, '1 48', '... and the refund rules');

$s->must(PATCH => $path, { terms => 'All sales are final.', refund_policy => { until_hours_before_event => 0 } });
my $two = $buy->();
is($policy->($two)->{terms_sha256}, $hash->('All sales are final.'), 'the next names the new ones');
is($policy->($one)->{terms_sha256}, $hash->($first), '... and the first keeps the old');
is($policy->($one)->{refund_until_hours}, 48, '... and its refund rules');

$s->must(PATCH => $path, { terms => undef });
is($policy->($buy->())->{terms_sha256}, undef, 'without terms an order names none');
is($s->must(GET => $path)->{terms_sha256}, undef, '... nor does the organizer');
is(one_value($s, 'select string_agg(sha256, \',\' order by created_at) from app.terms'), join(',', map { $hash->($_) } $first, 'All sales are final.'),
    'both texts are kept');
is(one_value($s, 'select count(*) from app.terms where encode(sha256(convert_to(body, \'UTF8\')), \'hex\') = sha256'), 2, '... as they were');
fields_ok($s->call(PATCH => $path, { terms => 'x' x 20001 }), { '/terms' => 'out_of_range' }, 'terms have a length');
is(one_value($s, "select count(*) from ops.audit a where a::text like '%final%'"), 0, 'the audit log has the hash, not the text');
done_testing;
