/*
 * ticket_code.h - what stands on a ticket. Pure: no transaction, no clock.
 *
 * A ticket has two codes. The plain one is 26 characters that nobody guesses:
 * what a person types, good only where we can be asked. The signed one is what
 * the QR code holds, and says by itself that it is ours:
 *
 *     BX1.<key>.<ticket>.<event>.<signature>
 *
 * key: 8 hexadecimal digits, which of the public keys; ticket, event: the 26
 * characters behind tix_ and evt_ of their ids; signature: 103 characters of
 * Crockford's base32, the 64 bytes of Ed25519 (RFC 8032) over all that stands
 * before the last full stop, as ASCII. All upper case, so that a QR code of
 * version 7 holds it in its alphanumeric mode. A door without a network checks
 * the signature and the event, and remembers whom it let in; it can't know
 * what was refunded or let in elsewhere since: that is said by a scan.
 *
 * The keys are a ring (keyring.h): the first line of the file signs, all are
 * taken. A key stays in the file as long as tickets are out that it signed.
 */
#ifndef DOMAIN_TICKETS_TICKET_CODE_H
#define DOMAIN_TICKETS_TICKET_CODE_H

#include "base/id.h"

struct arena;
struct keyring;

#define TICKET_CODE_TEXT_MAX 200        /* either code, as a scanner may send it */

/* Which key of the ring: its 8 digits. */
struct str ticket_key_name(struct arena *a, const struct keyring *keys, size_t n);

struct str ticket_code_sign(struct arena *a, const struct keyring *keys, struct uuid ticket, struct uuid event);

enum ticket_code_kind {
        TICKET_CODE_PLAIN,              /* text is what the database knows, if it knows it */
        TICKET_CODE_SIGNED,             /* by us; ticket and event are true */
        TICKET_CODE_FORGED              /* looks like a signed one, and is none of ours */
};

struct ticket_code {
        struct str text;
        struct uuid ticket, event;
};

/* Of a typed one case, spaces and hyphens don't matter, and O is 0, I and L are 1. */
enum ticket_code_kind ticket_code_read(struct arena *a, const struct keyring *keys, struct str text,
    struct ticket_code *out);

#endif
