/*
 * mishap.h - what goes wrong with one call to the gateway, and the tokens that
 * bring it along. Both dialects use it: take, read, before, post, after.
 *
 * A mishap happens around the call and touches neither the rules of the books
 * nor the words of the answer. What a test has set goes before what a token
 * brings.
 */
#ifndef SANDBOX_MISHAP_H
#define SANDBOX_MISHAP_H

#include "sandbox/books.h"
#include "sandbox/faults.h"

struct call;

struct token {
        const char *name;
        enum card_brand brand;
        int code;
        enum mishap mishap;
        int64_t delay_ms;
        int last4;                      /* of the one card that it stands for; 0: each use is another */
};

struct trouble {
        enum mishap mishap;
        int64_t delay_ms;
};

/* An answer that is ready to go. */
struct call_reply {
        int status;
        const char *type;
        struct str body;
};

/* By name or alias; false when there is none. */
bool token_find(struct str name, struct token *out) MUSTCHECK;
/* The issuer's words for a code, "" when it has none. */
const char *token_text(int code);

void trouble_take(struct call *c, struct trouble *t);
void trouble_of_token(struct trouble *t, const struct token *token);
/* What goes wrong before anything is booked; false: the call is over. */
bool trouble_before(struct call *c, const struct trouble *t);
/* Books with what the mishap does to the row itself. */
enum posted trouble_post(struct call *c, const struct trouble *t, struct posting *p, struct txn *out);
/* The answer's way out, and what goes wrong on it. */
void trouble_after(struct call *c, const struct trouble *t, const struct call_reply *reply);

#endif
