/*
 * dispute_report.h - one word of a gateway on a dispute, kept under org 0 until
 * its charge is found; the same word again is not kept twice. Inside the room.
 */
#ifndef DOMAIN_DISPUTES_DISPUTE_REPORT_H
#define DOMAIN_DISPUTES_DISPUTE_REPORT_H

#include "base/err.h"

struct task;
struct tx;

struct dispute_report {
        struct str gateway, dispute;
        struct str word;                /* ask, or a state: warning needs_response under_review won lost */
        struct str charge;              /* the gateway's id of it; absent: not told */
        struct str last4, day;          /* else its card, and the day of the dispute (2026-11-25) */
        struct str amount, fee;         /* as written: whose currency it is in the charge tells */
        struct str reason, due_by;
};

/* Queues what keeps them, and gets how many were not known. dry: keeps none. source: webhook, import. */
void dispute_reports_put(struct task *t, struct tx *tx, const struct dispute_report *r, size_t n, const char *source,
    bool dry);
bool dispute_reports_get(struct tx *tx, int64_t *news, struct err *e) MUSTCHECK;
/* A state that may be told; absent: it is none. */
struct str dispute_report_word(struct str status);

#endif
