/*
 * evidence.h - what answers a dispute: texts and files that were given, and
 * the pack that is made of what the system knows.
 *
 * All of it is sealed before it reaches the database, with a file's name: it
 * names the guest. An evidence_seal() is keyring.h's, bound to the evidence's id.
 */
#ifndef DOMAIN_EVIDENCE_EVIDENCE_H
#define DOMAIN_EVIDENCE_EVIDENCE_H

#include "base/err.h"
#include "base/id.h"

struct arena;
struct task;

/* What it is sealed to (base/keyring.h). */
struct str evidence_place(struct arena *a, struct uuid id);
/* name: one line, may be empty. */
struct str evidence_seal(struct task *t, struct uuid id, struct str name, struct str content);
/* ERR_INTERNAL: no key of the key file opens it. */
bool evidence_unseal(struct task *t, struct uuid id, struct str sealed, struct str *name, struct str *content,
    struct err *e) MUSTCHECK;

#endif
