/* evidence_inner.h - what the evidence_*.c share; nobody else includes it. */
#ifndef DOMAIN_EVIDENCE_EVIDENCE_INNER_H
#define DOMAIN_EVIDENCE_EVIDENCE_INNER_H

#include "domain/evidence/evidence.h"
#include "io/db.h"
#include "io/http.h"

struct order;

/* What a dispute has, without its bytes. */
struct evidence_piece {
        struct uuid id;
        struct str kind, media_type, sha256, created_at;
        struct str gateway_file;        /* absent: not there yet */
        struct str refused;             /* why the gateway will never take it; absent: it is not refused */
        struct str *fields;             /* that it is for, by our names */
        size_t fields_n;
        int64_t size;
};
bool evidence_pieces(struct task *t, int32_t org, struct uuid dispute, struct evidence_piece **out, size_t *n,
    struct err *e) MUSTCHECK;
/* The bytes of one, opened. */
bool evidence_read(struct task *t, const struct evidence_piece *p, struct str *name, struct str *content,
    struct err *e) MUSTCHECK;
/* The pack among them; NULL: it is not frozen yet. */
const struct evidence_piece *evidence_frozen(const struct evidence_piece *p, size_t n);
struct str evidence_sha256(struct arena *a, struct str content);        /* in hexadecimal */

/*
 * The texts that are sent, by the gateway's names: what was given, then the
 * frozen pack's, in about so many bytes. out has room for EVIDENCE_FIELDS_MAX.
 */
bool evidence_merge(struct task *t, const struct evidence_piece *pieces, size_t n, size_t most, struct http_field *out,
    size_t *out_n, struct err *e) MUSTCHECK;
/* As much of it as fits into so many bytes, to a whole character. */
struct str evidence_cut(struct str s, size_t most);

/* Says to the log that somebody has to send the pack; days: left before its due date, 0 where not told. */
void evidence_hand(struct task *t, struct uuid dispute, int64_t days);

/* The pack as it stands now: what is frozen at submit. */
bool evidence_pack(struct task *t, int32_t org, struct uuid dispute, struct str *out, struct err *e) MUSTCHECK;

/* What the pack is made of. */
struct evidence_facts {
        struct uuid dispute;
        const struct order *order;      /* NULL: the charge has none */
        struct rows facts;              /* evidence_facts: one row */
        struct rows tickets, scans, refunds, orders;
        struct str at;
};
/*
 * Pure: the texts that answer for fields that nobody gave, by our names;
 * absent where nothing is known of it.
 */
struct evidence_words {
        struct str customer_name, customer_email_address, customer_purchase_ip, product_description, service_date;
        struct str cancellation_policy_disclosure, refund_policy_disclosure, access_activity_log, uncategorized_text;
        struct str receipt;             /* no field of theirs: a section of the pack */
};
struct evidence_words evidence_words_of(struct arena *a, const struct evidence_facts *f);

#endif
