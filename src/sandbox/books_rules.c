/* books_rules.c - what may be done to a charge, and what that does to it. No row is made here. */
#include "base/base.h"
#include "base/check.h"
#include "base/clock.h"
#include "sandbox/books_inner.h"

/* A void does not make a repetition welcome. */
const struct txn *
rules_twin(const struct books *b, const struct posting *p)
{
        int64_t wall_ms = clock_wall_ms();

        if (p->dup_seconds == 0 || p->reference.n == 0)
                return NULL;
        for (const struct txn *t = books_bucket(b, p->reference); t != NULL; t = t->same_bucket) {
                if ((t->kind == TXN_SALE || t->kind == TXN_AUTH) && t->status != TXN_DECLINED &&
                    txn_is_there(t, wall_ms) &&
                    str_eq(t->reference, p->reference) && t->amount.minor == p->amount.minor &&
                    t->amount.currency == p->amount.currency &&
                    p->now_ms - t->created_ms <= p->dup_seconds * 1000)
                        return t;
        }
        return NULL;
}

static enum posted
judge_amount(const struct txn *original, const struct posting *p, int64_t left, int64_t *amount)
{
        int64_t wanted = p->amount.minor == 0 ? left : p->amount.minor;

        if (p->amount.currency != original->amount.currency)
                return POST_OTHER_CURRENCY;
        if (left <= 0 || wanted > left)
                return POST_TOO_MUCH;
        if (p->kind == TXN_REFUND && original->gateway == TXN_STRIPE && wanted > left - original->disputed)
                return POST_DISPUTED;
        *amount = wanted;
        return POSTED;
}

/* A capture, refund, void or dispute of a charge. */
static enum posted
judge_charge(const struct txn *original, const struct posting *p, int64_t *amount)
{
        bool captured = original->kind == TXN_SALE || original->captured_by != NULL;
        int64_t taken = original->captured_by == NULL ? original->amount.minor : original->captured_by->amount.minor;

        if ((original->kind != TXN_SALE && original->kind != TXN_AUTH) || original->status != TXN_APPROVED)
                return POST_WRONG_STATE;
        switch (p->kind) {
        case TXN_CAPTURE:
                return captured ? POST_WRONG_STATE : judge_amount(original, p, original->amount.minor, amount);
        case TXN_REFUND:
                return captured ? judge_amount(original, p, taken - original->refunded, amount) : POST_WRONG_STATE;
        case TXN_DISPUTE:       /* issuers don't ask what was refunded */
                return captured ? judge_amount(original, p, taken - original->disputed, amount) : POST_WRONG_STATE;
        case TXN_VOID:
                *amount = taken;
                return original->refunded > 0 || original->settled_by != NULL ? POST_WRONG_STATE : POSTED;
        case TXN_SETTLE:
                *amount = taken;
                return captured && original->settled_by == NULL ? POSTED : POST_WRONG_STATE;
        case TXN_FAIL:
        case TXN_SALE:
        case TXN_AUTH:
        case TXN_FILE:
        case TXN_DRAFT:
        case TXN_EVIDENCE:
        case TXN_WON:
        case TXN_LOST:
        case TXN_KINDS:
                break;
        }
        NEVER("these do not act on a charge");
}

/* A step of a dispute. One that was lost may be won on appeal. */
static enum posted
judge_step(const struct txn *dispute, const struct posting *p)
{
        const struct txn *closed = dispute->closed_by;

        if (dispute->kind != TXN_DISPUTE)
                return POST_WRONG_STATE;
        if (p->kind == TXN_WON)
                return closed != NULL && closed->kind == TXN_WON ? POST_WRONG_STATE : POSTED;
        if (closed != NULL || ((p->kind == TXN_DRAFT || p->kind == TXN_EVIDENCE) && dispute->answered_by != NULL))
                return POST_WRONG_STATE;
        return POSTED;
}

static enum posted
judge_failure(const struct txn *refund, int64_t *amount)
{
        *amount = refund->amount.minor;
        return refund->kind == TXN_REFUND && refund->gateway == TXN_STRIPE && refund->failed_by == NULL ? POSTED :
            POST_WRONG_STATE;
}

enum posted
rules_judge(const struct txn *original, const struct posting *p, int64_t *amount)
{
        if (p->kind == TXN_FAIL)
                return judge_failure(original, amount);
        return p->kind > TXN_DISPUTE ? judge_step(original, p) : judge_charge(original, p, amount);
}

static void
effect_on_charge(struct txn *t, struct txn *original)
{
        switch (t->kind) {
        case TXN_CAPTURE:
                original->captured_by = t;
                break;
        case TXN_REFUND:
                original->refunded += t->amount.minor;
                t->refunded = original->refunded;
                return;
        case TXN_VOID:
                original->status = TXN_VOIDED;
                original->voided_by = t;
                break;
        case TXN_SETTLE:
                original->settled_by = t;
                break;
        case TXN_DISPUTE:
                original->disputed += t->amount.minor;
                t->disputed_by = original->disputed_by;
                original->disputed_by = t;
                return;
        case TXN_FAIL:
        case TXN_SALE:
        case TXN_AUTH:
        case TXN_FILE:
        case TXN_DRAFT:
        case TXN_EVIDENCE:
        case TXN_WON:
        case TXN_LOST:
        case TXN_KINDS:
                NEVER("these do not act on a charge");
        }
        original->updated_ms = t->created_ms;
}

static void
effect_on_dispute(const struct books *b, const struct txn *t, struct txn *dispute)
{
        struct txn *charge = books_row(b, dispute->original);

        if (t->kind == TXN_DRAFT)
                dispute->drafted_by = t;
        else if (t->kind == TXN_EVIDENCE)
                dispute->answered_by = t;
        else
                dispute->closed_by = t;
        if (t->kind == TXN_WON && charge != NULL)
                charge->disputed -= dispute->amount.minor;
        dispute->updated_ms = t->created_ms;
}

static void
effect_on_refund(const struct books *b, const struct txn *t)
{
        struct txn *refund = books_row(b, t->original), *charge = books_row(b, refund->original);

        refund->status = TXN_DECLINED;
        refund->updated_ms = t->created_ms;
        charge->refunded -= t->amount.minor;
}

void
rules_catch_up(struct books *b)
{
        int64_t wall_ms = clock_wall_ms();

        for (struct txn **at = &b->awaited; *at != NULL;) {
                struct txn *t = *at;

                if (txn_is_there(t, wall_ms)) {
                        *at = t->next_awaited;
                        effect_on_refund(b, t);
                } else {
                        at = &t->next_awaited;
                }
        }
}

static bool
failure_enters(struct books *b, struct txn *t, struct txn *refund)
{
        if (refund->kind != TXN_REFUND || books_row(b, refund->original) == NULL)
                return false;
        refund->failed_by = t;
        t->next_awaited = b->awaited;
        b->awaited = t;
        rules_catch_up(b);
        return true;
}

bool
rules_effect(struct books *b, struct txn *t, struct txn *original)
{
        if (!txn_has_original(t->kind))
                return t->original == 0;
        if (original == NULL)
                return false;
        if (t->kind == TXN_FAIL)
                return failure_enters(b, t, original);
        if (t->kind > TXN_DISPUTE)
                effect_on_dispute(b, t, original);
        else
                effect_on_charge(t, original);
        return true;
}
