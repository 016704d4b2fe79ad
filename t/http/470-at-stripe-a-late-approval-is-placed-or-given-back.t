# A charge that is approved after it was given up goes to its order while that can take it, else its money goes back, once; so does what was charged twice.
# At Stripe, where giving back is a refund: charges come late, doubled and hidden, and answers to refunds are lost (Late.pm).
use strict;
use warnings;
use Late;
use Test::More;

late_approvals('stripe');
done_testing;
