/*
 * views.h - objects as functions of the database show them, (org, ids[]) -> a
 * row each with its id; and pages of them.
 *
 * A page has rows (org, id), newest first, perhaps of several organizers:
 * views_page() reads each organizer's by one statement and hands every row to
 * place(), with where in the page its object stands.
 */
#ifndef IO_VIEWS_H
#define IO_VIEWS_H

#include "base/err.h"
#include "base/id.h"
#include "io/db.h"

struct task;

struct params views_params(struct arena *a, int32_t org, const struct uuid *ids, size_t n);

typedef void (*views_place_fn)(void *list, size_t at, struct arena *a, int32_t org, const struct rows *r, int row);
bool views_page(struct task *t, const struct stmt *views, const struct rows *page, views_place_fn place, void *list,
    struct err *e) MUSTCHECK;

#endif
