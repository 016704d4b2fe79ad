/*
 * nmi.h - the dialect of the gateway: transact.php and query.php as NMI's
 * Payment and Query API speak them (docs.nmi.com; reference/protocols.md 1).
 *
 * transact.php takes a form and answers a query string, with HTTP 200 for
 * refusals too. Besides NMI's fields the answer has cc_number (masked) and
 * cc_type. As at NMI, capture and void answer their original's transactionid;
 * a refund gets one of its own. The text of every refusal ends with
 * REFID:<number>, which of a duplicate is the earlier transaction.
 *
 * query.php answers XML: one <transaction> for each sale, auth and refund. A
 * capture or void is an <action> of its original and has no <transaction>, so
 * order_id does not find it: ask for the original's transaction_id. A refund
 * has <original_transaction_id> and a negative <amount>. Not spoken: filters
 * other than transaction_id, order_id, start_date, end_date, result_limit and
 * page_number; they are ignored.
 */
#ifndef SANDBOX_NMI_H
#define SANDBOX_NMI_H

#include "base/base.h"
#include "base/str.h"

struct arena;
struct buf;
struct call;
struct txn;

#define NMI_REJECTED    300             /* response code of the gateway's own refusals */
#define NMI_ID_MAX      21
#define NMI_TIME_MAX    15
#define NMI_AUTHCODE_MAX 7

void nmi_transact(struct call *c);
void nmi_query(struct call *c);

/* What responsetext says about a row: the issuer's words, from token.def. */
const char *nmi_answer_text(const struct txn *t);
/* pending, pendingsettlement, complete, failed or canceled. */
const char *nmi_condition(const struct txn *t);
/* Six digits, always the same for a transaction and what is done to it. */
void nmi_authcode(int64_t transaction, char out[NMI_AUTHCODE_MAX]);
struct str nmi_cc_number(struct arena *a, const struct txn *t);
/* YYYYMMDDhhmmss, UTC. */
void nmi_time(int64_t wall_ms, char out[NMI_TIME_MAX]);
bool nmi_time_parse(struct str s, int64_t *wall_ms) MUSTCHECK;

/* name=value, with '&' in front unless it is the first; and <name>value</name>. */
void nmi_put_field(struct buf *b, const char *name, struct str value);
void nmi_put_element(struct buf *b, const char *name, struct str value);
void nmi_put_xml_text(struct buf *b, struct str s);

#endif
