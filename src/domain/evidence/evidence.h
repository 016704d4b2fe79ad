/*
 * evidence.h - what answers a dispute: texts and files that were given, and
 * the pack that is made of what the system knows.
 *
 * Given until the due date; a later piece takes an earlier one's place in the
 * fields that it is for. Then one shot, never two: evidence_submit() freezes
 * all of it with the pack, or evidence_accept() gives the dispute up; the job
 * evidence_send() carries it to the gateway, asking first what the gateway has.
 * A field that nobody gave is filled from the pack. Where a gateway has no API
 * (NMI) the operator sends what `boxoffice disputes pack` writes.
 *
 * All of it is sealed before it reaches the database, with a file's name: it
 * names the guest. An evidence_seal() is keyring.h's, bound to the evidence's id.
 *
 * Refusals: ERR_DISPUTE_CLOSED, ERR_EVIDENCE_PAST_DUE, ERR_STATE_CONFLICT
 * (answered already), ERR_BODY_TOO_LARGE (more than the gateway takes),
 * ERR_UNSUPPORTED_MEDIA_TYPE (a file that is not what it says).
 */
#ifndef DOMAIN_EVIDENCE_EVIDENCE_H
#define DOMAIN_EVIDENCE_EVIDENCE_H

#include "base/err.h"
#include "base/id.h"
#include "domain/idem/idem.h"

struct arena;
struct job;
struct json;
struct task;

#define EVIDENCE_NAME_MAX       255
#define EVIDENCE_FIELDS_MAX     32      /* rows of evidence_field.def */

enum evidence_kind { EVIDENCE_TEXT, EVIDENCE_FILE };
struct evidence_field {
        const char *name, *theirs;
        enum evidence_kind kind;
        size_t most;
};
/* evidence_field.def, ended by a name that is NULL. */
extern const struct evidence_field evidence_fields[];

struct evidence_ask {
        int32_t org;
        struct uuid dispute;
        const char **fields;            /* names of evidence_field.def: of a file, one */
        size_t fields_n;
        enum evidence_kind kind;
        struct str media_type;          /* as the caller says it, without parameters, in lower case */
        struct str name;                /* of a file; may be empty */
        struct str content;             /* a file's bytes, or the JSON object with the texts */
        struct idem idem;
        const char *actor;
};
/* Answers 201 with {id, sha256, ...}. */
bool evidence_give(struct task *t, const struct evidence_ask *ask, struct answer *out, struct err *e) MUSTCHECK;

struct evidence_shot {
        int32_t org;
        struct uuid dispute;
        struct idem idem;
        const char *actor;
};
/* Both answer 200 with the dispute. */
bool evidence_submit(struct task *t, const struct evidence_shot *s, struct answer *out, struct err *e) MUSTCHECK;
bool evidence_accept(struct task *t, const struct evidence_shot *s, struct answer *out, struct err *e) MUSTCHECK;

/*
 * What the system knows, as a JSON object with a section for each thing that
 * it has: as it stands now, or as it was frozen, with its hash. Besides, what was given.
 */
bool evidence_pack_view(struct task *t, int32_t org, struct uuid dispute, struct str *out, struct err *e) MUSTCHECK;

/* Jobs: the one shot at the gateway; reminders of the due date, and giving up what is not worth an answer. */
bool evidence_send(struct task *t, const struct job *j, struct err *e) MUSTCHECK;
bool evidence_due(struct task *t, const struct job *j, struct err *e) MUSTCHECK;

/* Writes pack.json and every piece that was given, opened, as files of their own into a directory. */
bool evidence_export(struct task *t, int32_t org, struct uuid dispute, const char *directory, struct err *e) MUSTCHECK;

/* What it is sealed to (base/keyring.h). */
struct str evidence_place(struct arena *a, struct uuid id);
/* name: one line, may be empty. */
struct str evidence_seal(struct task *t, struct uuid id, struct str name, struct str content);
/* ERR_INTERNAL: no key of the key file opens it. */
bool evidence_unseal(struct task *t, struct uuid id, struct str sealed, struct str *name, struct str *content,
    struct err *e) MUSTCHECK;

#endif
