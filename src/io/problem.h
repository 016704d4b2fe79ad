/*
 * problem.h - a failure as RFC 9457 application/problem+json bytes, from
 * err.def: type, title, status, detail, code, request_id, retryable, errors,
 * and the failure's extra members. errors only for bad fields, at most
 * ERR_FIELDS_MAX of them; a detail that nobody gave is the title; request_id
 * absent is null. The bytes live in the arena. Here and not at the edge,
 * because the jobs daemon too must write the stored answer of a key.
 */
#ifndef IO_PROBLEM_H
#define IO_PROBLEM_H

#include "base/err.h"
#include "base/str.h"

struct arena;

struct str problem_json(struct arena *a, const struct err *e, const char *public_url, struct str request_id);

#endif
