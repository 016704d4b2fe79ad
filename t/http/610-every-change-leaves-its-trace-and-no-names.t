# Each change of an order's state has its audit row and, where somebody must hear of it, its outbox row, written by the same transaction; neither they nor jobs, ledger
# or any log hold personal data.
# One order goes each way through the states with a guest whose data cannot be mistaken; then the tables are compared and every row and log line is searched.
use strict;
use warnings;
use Test::More;
use Stack;
use Storm;

my $s = Stack->up(pay => 3, sandbox_sync => 0);
my $shop = $s->shop(types => [ [ Floor => 5000, 100 ], [ Gift => 0, 100 ] ]);
my %person = (name => 'Zebulon Quirkwater', email => 'zebulon.quirkwater@quirk-mail.example', locale => 'qu-QW');
my %client = (ip => '203.0.113.217', user_agent => 'QuirkBrowser/77.1', device_id => 'quirk-device-4711');
my $buy = sub { my ($cart, %more) = @_; my $h = delete $more{h}; $s->call(POST => '/v1/orders', $s->order_body($shop, $cart, guest => \%person, client => \%client,
    metadata => { note => 'quirk-meta' }, %more), %{ $h || {} }) };
my $pay = sub { my ($id, $token) = @_; $s->call(POST => "/v1/orders/$id/pay", { payment_token => $token }) };

# What happened to an object, oldest first.
sub trace {
    my ($id) = @_;
    return $s->dbh->selectcol_arrayref(q{select action || coalesce(' ' || version, '') from ops.audit where object_id = ?
        order by xid, version nulls first, action}, undef, uuid_of($id));
}
sub told { my ($id) = @_; return $s->dbh->selectcol_arrayref(q{select type || ' ' || version from ops.outbox where object_id = ? order by xid}, undef, uuid_of($id)) }
sub payments { my ($id) = @_; return [ map { $_->{id} } @{ $s->must(GET => "/v1/orders/$id")->{payments} } ] }

my %order;
$order{paid} = $buy->({ Floor => 2 }, payment_token => 'tok_visa', h => { 'Request-Id' => 'quirk-request' })->{json}{id};
$order{free} = $buy->({ Gift => 1 })->{json}{id};
$order{cancelled} = $buy->({ Floor => 1 })->{json}{id};
$s->must(POST => "/v1/orders/$order{cancelled}/cancel", undef);
$order{late} = $buy->({ Floor => 1 }, payment_token => 'tok_declined')->{json}{order}{id};
$pay->($order{late}, 'tok_insufficient_funds');
$pay->($order{late}, 'tok_visa');
$order{lost} = $buy->({ Floor => 1 }, payment_token => 'tok_garbage')->{json}{id};
ok $s->wait_until(20, sub { $s->must(GET => "/v1/orders/$order{lost}")->{status} eq 'paid' }), 'an order whose answer was lost is paid';
$order{expired} = $buy->({ Floor => 1 })->{json}{id};
$s->advance_clock(601);

my %want = (
    paid      => [ [ 'order.created 1', 'order.paid 2' ], ['order.paid 2'] ],
    free      => [ [ 'order.created 1', 'order.paid 2' ], ['order.paid 2'] ],
    cancelled => [ [ 'order.created 1', 'order.cancelled 2' ], ['order.cancelled 2'] ],
    late      => [ [ 'order.created 1', 'order.held 2', 'order.processing 3', 'order.held 4', 'order.processing 5', 'order.paid 6' ], ['order.paid 6'] ],
    lost      => [ [ 'order.created 1', 'order.paid 2' ], ['order.paid 2'] ],
    expired   => [ [ 'order.created 1', 'order.expired 2' ], ['order.expired 2'] ],
);
for my $way (sort keys %want) {
    is_deeply trace($order{$way}), $want{$way}[0], "$way: every state is in the audit log with its version";
    is_deeply told($order{$way}), $want{$way}[1], "$way: and what somebody must hear of is in the outbox";
}
my @late = map { [ [ sort @{ trace($_) } ], told($_) ] } @{ payments($order{late}) };
is_deeply \@late, [ ([ [ 'payment.declined', 'payment.sending 1' ], ['payment.failed 1'] ]) x 2, [ [ 'payment.sending 1', 'payment.succeeded' ], [] ] ],
    'so are payments';
is_deeply [ sort @{ trace(payments($order{lost})->[0]) } ], [ 'payment.sending 1', 'payment.succeeded', 'payment.unknown' ], 'and one that was not known for a while';

# In the same transaction.
my $uuid = uuid_of($order{paid});
my $written = $s->dbh->selectcol_arrayref(q{select xid from ops.audit where object_id = ? and action = 'order.paid'
    union select xid from ops.outbox where object_id = ? union select xid from ledger.entries where order_id = ?}, undef, $uuid, $uuid, $uuid);
is scalar @$written, 1, 'audit row, outbox row and entry of a sale have one transaction';
is one_value($s, 'select count(*) from ops.audit a where a.xid is null or a.node <> (select system_identifier from pg_control_system())'), 0,
    'every audit row names its transaction and node';
is one_value($s, 'select count(*) from ops.outbox a where a.xid is null or a.node <> (select system_identifier from pg_control_system())'), 0,
    'so does every outbox row';
is one_value($s, q{select count(*) from ops.audit where action in ('order.created', 'order.paid') and object_id = ? and request_id = 'quirk-request'}, $uuid), 2,
    'the request is named';
is one_value($s, q{select count(*) from ops.audit where actor = '' or actor is null}), 0, 'and the actor always';
is one_value($s, q{select actor from ops.audit where object_id = ? and action = 'order.expired'}, uuid_of($order{expired})), 'jobs',
    'also where it is nobody who called';
is one_value($s, q{select count(*) from ops.audit where body <> body::jsonb::text}), 0, 'bodies of the audit log are canonical JSON';
is one_value($s, q{select count(*) from ops.outbox where body <> body::jsonb::text}), 0, 'so are those of the outbox';
is one_value($s, q{select count(*) from (select org, type, object_id, version from ops.outbox group by 1, 2, 3, 4 having count(*) > 1) x}), 0,
    'an outbox key is there once';

# A state change without a trace would be seen: versions have no gaps.
is one_value($s, q{select count(*) from app.orders o where o.version <> (select count(*) from ops.audit a where a.org = o.org and a.object_id = o.id)}), 0,
    'as many audit rows as versions';

# No personal data where it has no business.
my @secret = ('quirkwater', 'zebulon', 'quirk-mail', 'qu-qw', '203.0.113.217', 'quirkbrowser', 'quirk-device', 'quirk-meta');
my $tables = $s->dbh->selectall_arrayref(q{select schemaname, tablename from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'sqitch') order by 1, 2});
my %found;
for my $table (@$tables) {
    my $name = "$table->[0].$table->[1]";
    my $count = "select count(*) from $name t where position(? in lower(t::text)) > 0 or position(encode(?, 'hex') in lower(t::text)) > 0";
    for my $secret (@secret) { push @{ $found{$name} }, $secret if one_value($s, $count, $secret, $secret) }
}
is_deeply [ sort keys %found ], [ 'app.guests', 'app.orders' ], 'in the database personal data stands with the guests only' or diag explain \%found;
is_deeply $found{'app.orders'}, ['quirk-meta'], 'and metadata with the order';
for my $part (qw(pay api jobs nginx sandbox)) { $s->stop($part) }    # so that all is written
my (%logs, $lines);
for my $log (glob $s->dir . '/log/*.log') {
    open my $in, '<', $log or die "$log: $!\n";
    while (my $line = <$in>) {
        $lines++;
        for my $secret (@secret, 'tok_visa', 'tok_garbage', map { $s->$_ } qw(admin_key platform_key)) { $logs{"$log: $secret"}++ if index(lc $line, lc $secret) >= 0 }
        push @{ $logs{json} }, $line if $log =~ /(?:pay|api|access)\.log$/ && $line =~ /^\{/ && !eval { JSON::PP->new->decode($line); 1 };
    }
}
cmp_ok $lines, '>', 50, 'there are logs';
is_deeply \%logs, {}, 'no log names the guest, a token or a key, and each line is JSON';
$s->start($_) for qw(sandbox nginx jobs api pay);

$s->books_ok;
sound($s, 'at the end');
done_testing;
