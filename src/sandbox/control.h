/*
 * control.h - how tests steer the sandbox and ask what the other side
 * believes: JSON, without credentials, because it listens on the loopback
 * address only (design/api.md, "The sandbox").
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

struct call;

void control_transactions(struct call *c);      /* GET /sandbox/transactions[?order=] */
void control_faults_list(struct call *c);       /* GET /sandbox/faults */
void control_faults_set(struct call *c);        /* POST /sandbox/faults */
void control_faults_clear(struct call *c);      /* DELETE /sandbox/faults */
void control_healthz(struct call *c);           /* GET /sandbox/healthz */

#endif
