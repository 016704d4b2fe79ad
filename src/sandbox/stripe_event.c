/* stripe_event.c - the bodies of Stripe's webhooks: an envelope around an object. */
#include "base/base.h"
#include "base/arena.h"
#include "io/json_write.h"
#include "sandbox/event.h"

struct str
stripe_event_body(struct arena *a, const struct event_scene *s, struct str id, const char *type)
{
        struct json_out o = json_out_new(a);

        jo_object(&o, NULL);
        jo_text(&o, "id", id);
        jo_z(&o, "object", "event");
        jo_int(&o, "created", s->row.created_ms / 1000);
        jo_z(&o, "type", type);
        jo_end_object(&o);
        return json_out_str(&o);
}
