/* mishap.c - see mishap.h. */
#include "base/base.h"
#include "base/clock.h"
#include "sandbox/call.h"
#include "sandbox/mishap.h"

#define HANG_MS 60000
#define DRIP_MS 20

static const struct token tokens[] = {
#define TOKEN(token, brand, code, text, mishap, delay) { token, CARD_##brand, code, MISHAP_##mishap, delay, 0 },
#include "sandbox/token.def"
};

static const struct {
        const char *method, *token;
        int last4;
} aliases[] = {
#define ALIAS(method, token, last4) { method, token, last4 },
#include "sandbox/token.def"
};

bool
token_find(struct str name, struct token *out)
{
        int last4 = 0;

        for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
                if (str_is(name, aliases[i].method)) {
                        name = str_of(aliases[i].token);
                        last4 = aliases[i].last4;
                }
        }
        for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
                if (str_is(name, tokens[i].name)) {
                        *out = tokens[i];
                        out->last4 = last4;
                        return true;
                }
        }
        return false;
}

const char *
token_text(int code)
{
        static const struct {
                int code;
                const char *text;
        } table[] = {
#define TOKEN(token, brand, code, text, mishap, delay) { code, text },
#include "sandbox/token.def"
        };

        for (size_t i = 0; i < ARRAY_LEN(table); i++)
                if (table[i].code == code)
                        return table[i].text;
        return "";
}

void
trouble_take(struct call *c, struct trouble *t)
{
        t->mishap = faults_take(c->box->faults, TARGET_GATEWAY, &t->delay_ms);
}

void
trouble_of_token(struct trouble *t, const struct token *token)
{
        if (t->mishap == MISHAP_NONE)
                *t = (struct trouble){ token->mishap, token->delay_ms };
}

bool
trouble_before(struct call *c, const struct trouble *t)
{
        if (t->mishap == MISHAP_DROP_BEFORE) {
                call_drop(c);
                return false;
        }
        if (t->mishap == MISHAP_BUSY) {
                call_answer(c, 429, "text/plain", STR("Too Many Requests"));
                return false;
        }
        if (t->mishap == MISHAP_DELAY)
                call_pause(t->delay_ms);
        return true;
}

enum posted
trouble_post(struct call *c, const struct trouble *t, struct posting *p, struct txn *out)
{
        bool charge = p->kind == TXN_SALE || p->kind == TXN_AUTH;
        enum posted verdict;

        if (t->mishap == MISHAP_LATE && charge) {
                p->dup_seconds = 0;
                p->late_ms = clock_wall_ms() + t->delay_ms;
                p->now_ms += t->delay_ms;
        }
        if (t->mishap == MISHAP_HIDDEN)
                p->hidden_ms = clock_wall_ms() + t->delay_ms;
        if (t->mishap == MISHAP_REFUND_FAIL)
                p->refund_fails_ms = t->delay_ms;
        verdict = books_post(c->box->books, p, out);
        if (t->mishap == MISHAP_DOUBLE && charge && verdict == POSTED && out->status == TXN_APPROVED) {
                struct posting again = *p;
                struct txn twin;

                again.dup_seconds = 0;
                again.key = STR("");            /* a key stands for one row */
                (void)books_post(c->box->books, &again, &twin);
        }
        return verdict;
}

static void
drip(struct call *c, const struct call_reply *reply)
{
        c->unbuffered = true;
        call_begin(c, reply->status, reply->type);
        for (size_t i = 0; i < reply->body.n; i++) {
                call_put(c, (struct str){ reply->body.p + i, 1 });
                if (!call_flush(c))
                        return;                 /* nobody reads it any more */
                call_pause(DRIP_MS);
        }
}

void
trouble_after(struct call *c, const struct trouble *t, const struct call_reply *reply)
{
        switch (t->mishap) {
        case MISHAP_HANG:
                call_pause(HANG_MS);
                call_drop(c);
                return;
        case MISHAP_DROP_AFTER:
        case MISHAP_LATE:
        case MISHAP_HIDDEN:
                call_drop(c);
                return;
        case MISHAP_FAIL_AFTER:
                call_answer(c, 500, "text/html", STR("<html><body>Internal Server Error</body></html>"));
                return;
        case MISHAP_GARBAGE:
                call_answer(c, 200, "text/html", STR("<html><body>respon\xff\xfe%%%&=&;;\x01"));
                return;
        case MISHAP_DRIP:
                drip(c, reply);
                return;
        case MISHAP_NONE:
        case MISHAP_DELAY:
        case MISHAP_DOUBLE:
        case MISHAP_REFUND_FAIL:
        case MISHAP_DROP_BEFORE:
        case MISHAP_BUSY:
        case MISHAPS:
                break;
        }
        call_answer(c, reply->status, reply->type, reply->body);
}
