/*
 * call.h - one call to the sandbox: what was asked, and the way out for the
 * answer. A handler answers exactly once, with call_answer(), with
 * call_begin() and any number of call_put(), or with call_drop().
 *
 * Text of the call lives in its arena, which the server resets behind it.
 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "base/base.h"
#include "base/str.h"

struct arena;
struct books;
struct faults;
struct FCGX_Stream;

#define CALL_BODY_MAX   ((size_t)64 * 1024)     /* a form is read once for each of its fields */
#define CALL_ARENA_MAX  ((size_t)64 * 1024 * 1024)

/* What all calls share. */
struct sandbox {
        struct books *books;
        struct faults *faults;
        struct str security_key;
};

struct call {
        struct sandbox *box;
        struct arena *arena;
        struct str query;               /* behind the '?', may be empty */
        struct str body;                /* complete, but any bytes */
        struct FCGX_Stream *out;
};

void call_answer(struct call *c, int status, const char *type, struct str body);
void call_begin(struct call *c, int status, const char *type);
void call_put(struct call *c, struct str piece);
/* {"error": detail} */
void call_refuse(struct call *c, int status, const char *detail);
/* The connection ends without an answer (nginx/sandbox.conf.in). */
void call_drop(struct call *c);
/* Waits, or less when the sandbox is being stopped. */
void call_pause(int64_t ms);
void call_pauses_end(void);             /* from now on nobody waits */

/*
 * A field of a form or query string, decoded; absent when missing or empty.
 * One that is there twice or can't be decoded comes as CALL_UNREADABLE, a
 * byte that no check lets through: a charge must not lose its reference.
 */
#define CALL_UNREADABLE STR("\xff")
struct str call_field(struct call *c, struct str form, const char *name);
/* Whether a text may enter the books: UTF-8 without control characters, not too long. */
bool call_text_fits(struct str s);

#endif
