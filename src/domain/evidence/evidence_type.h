/*
 * evidence_type.h - what a file is, by its content: pure functions.
 *
 * A name and a Content-Type are what somebody says. A file is what its bytes
 * are, from the first to the last: an executable, an archive or a page that
 * was renamed is none of these, nor is an image with something behind its end.
 * Whether a viewer can draw it is not asked.
 * Sources: ISO 32000-1 (7.5), ITU-T T.81 annex B, W3C PNG (5).
 */
#ifndef DOMAIN_EVIDENCE_EVIDENCE_TYPE_H
#define DOMAIN_EVIDENCE_EVIDENCE_TYPE_H

#include "base/base.h"
#include "base/str.h"

enum evidence_type { EVIDENCE_NONE, EVIDENCE_PDF, EVIDENCE_JPEG, EVIDENCE_PNG };

/* EVIDENCE_NONE: none of them, or not whole. */
enum evidence_type evidence_type_of(struct str bytes);
/* "application/pdf"; of EVIDENCE_NONE, "". */
const char *evidence_type_media(enum evidence_type type);
/* "pdf": how its file's name ends. */
const char *evidence_type_ending(enum evidence_type type);
/* Of a media type without its parameters, in lower case; EVIDENCE_NONE: another. */
enum evidence_type evidence_type_named(struct str media);

#endif
