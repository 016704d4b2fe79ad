/* ticket_read.c - a ticket found, its code and the keys that codes are checked with. */
#include "base/base.h"
#include "base/arena.h"
#include "base/keyring.h"
#include "base/secret.h"
#include "base/sign.h"
#include "domain/tickets/ticket.h"
#include "domain/tickets/ticket_code.h"
#include "io/db.h"
#include "io/json_write.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/tickets/tickets.sql.def"

bool
ticket_find(struct task *t, int32_t org, struct uuid id, struct ticket *out, struct err *e)
{
        struct params p = params_in(t->arena);
        struct rows r;

        param_i64(&p, org);
        param_uuid(&p, id);
        if (!db_query(t->db, t->arena, &t->subject, &stmt_ticket_get, &p, &r, e))
                return false;
        if (r.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is no such ticket");
        *out = (struct ticket){
                .id = row_uuid(&r, 0, "id"), .event = row_uuid(&r, 0, "event_id"),
                .guest = row_uuid(&r, 0, "guest_id"), .person = row_uuid(&r, 0, "person"),
                .status = row_text(&r, 0, "status"),
        };
        return true;
}

bool
ticket_show(struct task *t, const struct ticket *k, struct str *code, struct err *e)
{
        if (!str_is(k->status, "valid") && !str_is(k->status, "used"))
                return err_set(e, ERR_STATE_CONFLICT, "the ticket is %.*s", STR_ARG(k->status));
        *code = ticket_code_sign(t->arena, t->ticket_keys, k->id, k->event);
        return true;
}

struct str
ticket_keys_view(struct task *t)
{
        struct json_out j = json_out_new(t->arena);
        unsigned char public_key[SIGN_KEY_SIZE];

        jo_object(&j, NULL);
        jo_array(&j, "keys");
        for (size_t i = 0; i < t->ticket_keys->n; i++) {
                sign_public(t->ticket_keys->key[i].key, public_key);
                jo_object(&j, NULL);
                jo_z(&j, "kty", "OKP");
                jo_z(&j, "crv", "Ed25519");
                jo_z(&j, "alg", "EdDSA");
                jo_z(&j, "use", "sig");
                jo_text(&j, "kid", ticket_key_name(t->arena, t->ticket_keys, i));
                jo_text(&j, "x", base64url_encode(t->arena, public_key, sizeof public_key));
                jo_end_object(&j);
        }
        jo_end_array(&j);
        jo_end_object(&j);
        return json_out_str(&j);
}
