package Hook;

# The parties that call us back, as they publish it: signs bodies the way NMI,
# Stripe and Standard Webhooks do, makes events, and sends them.
#
#     my $hook  = Hook->new($s);                        # with the stack's secrets
#     my $event = nmi_event('transaction.sale.success', reference => 'pay_...', transaction => '1000001');
#     is $hook->post(nmi => $event)->{status}, 200;
#     is $hook->post(nmi => $event, secret => 'another')->{status}, 401;
#     $s->_request(POST => $hook->url('stripe'), $body, 'Stripe-Signature' => stripe_signature($secret, $body, time - 299));
#
# Written from docs.nmi.com, docs.stripe.com/webhooks and
# github.com/standard-webhooks alone: nothing of src/ is used.

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha256_hex);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use Stack;

use Exporter 'import';
our @EXPORT = qw(nmi_signature stripe_signature standard_signature nmi_event stripe_event event_id);

my $JSON = JSON::PP->new->utf8->canonical;

# --- signatures -------------------------------------------------------------

# Webhook-Signature of NMI: the nonce is any word.
sub nmi_signature {
    my ($secret, $body, $nonce) = @_;
    $nonce //= Stack::random_key();
    return "t=$nonce,s=" . hmac_sha256_hex("$nonce.$body", $secret);
}

# Stripe-Signature: the key is the whole secret, with its whsec_.
sub stripe_signature {
    my ($secret, $body, $time) = @_;
    $time //= time;
    return "t=$time,v1=" . hmac_sha256_hex("$time.$body", $secret);
}

# webhook-signature of Standard Webhooks: the key is what the secret's base64 stands for.
sub standard_signature {
    my ($secret, $id, $body, $time) = @_;
    my $key = decode_base64($secret =~ s/^whsec_//r);
    return 'v1,' . encode_base64(hmac_sha256("$id.$time.$body", $key), '');
}

# --- events -----------------------------------------------------------------

sub event_id { my $hex = Stack::random_key(); return join '-', unpack 'A8 A4 A4 A4 A12', $hex }

# Bytes of an event of NMI; id, reference, transaction, order, house, amount ('50.00'), more (members of the body).
sub nmi_event {
    my ($type, %of) = @_;
    my %body = (merchant => { id => '1', name => 'Boxoffice' }, transaction_type => 'cc', condition => 'pendingsettlement', currency => 'USD');
    $body{transaction_id}   = $of{transaction} if defined $of{transaction};
    $body{order_id}         = $of{reference}   if defined $of{reference};
    $body{requested_amount} = $of{amount}      if defined $of{amount};
    $body{merchant_defined_fields}{1} = $of{order} if defined $of{order};
    $body{merchant_defined_fields}{2} = $of{house} if defined $of{house};
    return $JSON->encode({ event_id => $of{id} // event_id(), event_type => $type, event_body => { %body, %{ $of{more} || {} } } });
}

# The same of Stripe; amount in minor units.
sub stripe_event {
    my ($type, %of) = @_;
    my %object = (object => $type =~ /^refund/ ? 'refund' : 'payment_intent', currency => 'usd', metadata => {});
    $object{id}     = $of{transaction} if defined $of{transaction};
    $object{amount} = $of{amount}      if defined $of{amount};
    defined $of{$_} and $object{metadata}{$_} = $of{$_} for qw(reference order house);
    return $JSON->encode({ id => $of{id} // 'evt_' . Stack::random_key(), object => 'event', type => $type, created => time,
        data => { object => { %object, %{ $of{more} || {} } } } });
}

# --- sending ----------------------------------------------------------------

sub new {
    my ($class, $s) = @_;
    return bless { s => $s, map { $_ => $s->{"webhook_secret_$_"} } qw(nmi stripe resend) }, $class;
}

sub url    { my ($self, $party) = @_; return $self->{s}->url . "/v1/webhooks/$party" }
sub secret { my ($self, $party) = @_; return $self->{$party} }

# The headers with which a party sends a body. Options: secret, time, id (resend), nonce (nmi), names ('webhook' for 'svix').
sub headers {
    my ($self, $party, $body, %opt) = @_;
    my $secret = $opt{secret} // $self->{$party};
    my $time   = $opt{time}   // time;
    return ('Webhook-Signature' => nmi_signature($secret, $body, $opt{nonce})) if $party eq 'nmi';
    return ('Stripe-Signature'  => stripe_signature($secret, $body, $time))    if $party eq 'stripe';
    my ($id, $names) = ($opt{id} // 'msg_' . Stack::random_key(), $opt{names} // 'svix');
    return ("$names-id" => $id, "$names-timestamp" => $time, "$names-signature" => standard_signature($secret, $id, $body, $time));
}

# Signs and sends; `at` sends to another party's address.
sub post {
    my ($self, $party, $body, %opt) = @_;
    return $self->{s}->_request(POST => $self->url($opt{at} // $party), $body, $self->headers($party, $body, %opt));
}

1;
