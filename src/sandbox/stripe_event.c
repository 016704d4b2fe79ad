/* stripe_event.c - the bodies of Stripe's webhooks: an envelope around an object. */
#include "base/base.h"
#include "base/arena.h"
#include "sandbox/stripe.h"

struct str
stripe_event_body(struct arena *a, const struct event_scene *s, struct str id, const char *type)
{
        struct json_out o = json_out_new(a);
        struct str t = str_of(type);

        jo_object(&o, NULL);
        jo_text(&o, "id", id);
        jo_z(&o, "object", "event");
        jo_z(&o, "api_version", STRIPE_VERSION);
        jo_int(&o, "created", s->row.created_ms / 1000);
        jo_object(&o, "data");
        if (str_starts(t, STR("payment_intent.")))
                stripe_put_intent(&o, "object", a, &s->charge, false);
        else if (str_starts(t, STR("refund.")) || str_starts(t, STR("charge.refund.")))
                stripe_put_refund(&o, "object", a, &s->refund);
        else if (str_starts(t, STR("charge.dispute.")))
                stripe_put_dispute(&o, "object", a, &s->dispute);
        else
                stripe_put_charge(&o, "object", a, &s->charge);
        jo_end_object(&o);
        jo_bool(&o, "livemode", false);
        jo_int(&o, "pending_webhooks", 1);
        jo_object(&o, "request");
        jo_null(&o, "id");
        jo_text(&o, "idempotency_key", s->row.key.n == 0 ? STR_NONE : s->row.key);
        jo_end_object(&o);
        jo_z(&o, "type", type);
        jo_end_object(&o);
        return json_out_str(&o);
}
