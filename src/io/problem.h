/*
 * problem.h - a failure as RFC 9457 application/problem+json bytes, from
 * err.def: type, title, status, detail, code, request_id, retryable, errors,
 * and the failure's extra members. Here and not at the edge, because the jobs
 * daemon too must write the stored answer of a key.
 */
#ifndef IO_PROBLEM_H
#define IO_PROBLEM_H

#include "base/err.h"
#include "base/str.h"

struct arena;

struct str problem_json(struct arena *a, const struct err *e, const char *public_url, struct str request_id);

#endif
