/*
 * control.h - how tests steer the sandbox and ask what the other side
 * believes: JSON, without credentials, because it listens on the loopback
 * address only (design/api.md, "The sandbox").
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

struct call;
struct err;

void control_transactions(struct call *c);      /* GET /sandbox/transactions[?order=] */
void control_faults_list(struct call *c);       /* GET /sandbox/faults */
void control_faults_set(struct call *c);        /* POST /sandbox/faults */
void control_faults_clear(struct call *c);      /* DELETE /sandbox/faults */
void control_webhooks(struct call *c);          /* GET /sandbox/webhooks */
/* POST /sandbox/webhooks/replay {count, shuffle, since}: {events, sent} once all are queued */
void control_webhooks_replay(struct call *c);
void control_disputes_list(struct call *c);     /* GET /sandbox/disputes[?order=] */
void control_dispute(struct call *c);           /* POST /sandbox/disputes: {id} */
void control_dispute_resolve(struct call *c);   /* POST /sandbox/disputes/{id}/resolve {outcome, webhook?} */
void control_refund(struct call *c);            /* POST /sandbox/refunds {transaction, amount}: {id} */
void control_settle(struct call *c);            /* POST /sandbox/settle: {settled}: charges that can't be voided now */
void control_files(struct call *c);             /* GET /sandbox/files: what was uploaded as evidence, with its hash */
void control_healthz(struct call *c);           /* GET /sandbox/healthz */

/* 400, with the first bad field or what is wrong with the whole. */
void control_refuse(struct call *c, const struct err *e);

#endif
