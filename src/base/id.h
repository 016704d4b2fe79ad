/*
 * id.h - identifiers: one struct per kind, so that an order's id passed for a
 * guest's does not compile.
 *
 * Inside: a UUIDv8 (RFC 9562): 48 bits of Unix milliseconds, version, 12
 * random bits, variant, the organizer's 32-bit number, 30 random bits. Ids
 * sort by time, and any id names its organizer without a look-up; number 0 is
 * the platform itself. Outside: TypeID, "ord_" + 26 lower-case Crockford
 * base32 characters. Ids are not secrets: tickets have codes besides.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/base.h"
#include "base/str.h"

struct uuid {
        unsigned char b[16];
};

#define ID_TEXT_MAX     36              /* prefix, '_', 26 characters, end */
#define UUID_TEXT_MAX   37

/* A fresh id of organizer number org, at the wall clock's millisecond. */
struct uuid uuid_new(int32_t org);
/* The id that follows from two others and a number: of made's organizer and, within a minute or so, its time. */
struct uuid uuid_derived(struct uuid made, struct uuid of, uint32_t nth);
int32_t uuid_org(struct uuid u);
int64_t uuid_made_ms(struct uuid u);    /* Unix time, by the wall clock of whoever made it */
bool uuid_eq(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid u);
/* The database's form: 8-4-4-4-12 hexadecimal. */
void uuid_text(struct uuid u, char out[UUID_TEXT_MAX]);
bool uuid_parse(struct str s, struct uuid *out) MUSTCHECK;
/* The API's form. Parsing refuses another prefix, upper case, another version and overflow. */
void typeid_text(const char *prefix, struct uuid u, char out[ID_TEXT_MAX]);
bool typeid_parse(const char *prefix, struct str s, struct uuid *out) MUSTCHECK;

#define ID(name, prefix) \
struct name##_id { struct uuid u; }; \
static inline struct name##_id name##_id_new(int32_t org) { return (struct name##_id){ uuid_new(org) }; } \
static inline int32_t name##_id_org(struct name##_id id) { return uuid_org(id.u); } \
static inline void name##_id_text(struct name##_id id, char out[ID_TEXT_MAX]) { typeid_text(prefix, id.u, out); } \
static inline MUSTCHECK bool name##_id_parse(struct str s, struct name##_id *out) \
{ return typeid_parse(prefix, s, &out->u); }
#include "base/id.def"
#undef ID

#endif
