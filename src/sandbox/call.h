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
struct hooks;
struct idem;
struct FCGX_Stream;

#define CALL_BODY_MAX   ((size_t)8 * 1024 * 1024)       /* evidence is long, and has files */
#define CALL_ARENA_MAX  ((size_t)64 * 1024 * 1024)

/* What all calls share. */
struct sandbox {
        struct books *books;
        struct faults *faults;
        struct hooks *hooks;
        struct idem *idem;
        struct str security_key;        /* NMI's */
        struct str stripe_key;          /* empty: nobody has it */
};

struct call {
        struct sandbox *box;
        struct arena *arena;
        struct str path;
        struct str query;               /* behind the '?', may be empty */
        struct str body;                /* complete, but any bytes */
        struct str id;                  /* what stands for the * in the route's path */
        struct str authorization, idempotency_key, content_type;        /* headers; absent without one */
        struct str headers;             /* of the answer, besides Content-Type; whole lines */
        bool unbuffered;                /* nginx hands on each flush at once */
        struct FCGX_Stream *out;
};

void call_answer(struct call *c, int status, const char *type, struct str body);
void call_begin(struct call *c, int status, const char *type);
void call_put(struct call *c, struct str piece);
bool call_flush(struct call *c);        /* false: it can't be sent */
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
/* In constant time; an empty key is nobody's. */
bool call_key_is(struct str given, struct str right);
/* UTF-8 without control characters, and whether up to max bytes; lines and tabs may be in it. */
bool call_text_is(struct str s, size_t max);
/* Whether a text may enter the books by itself: one line, up to 255 bytes. */
bool call_text_fits(struct str s);

#endif
