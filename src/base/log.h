/*
 * log.h - one JSON line per happening, on standard error.
 *
 * log_info(subject, "order.paid", { "order", id }, ...): pairs of a key and a
 * struct str. The subject (may be NULL) adds the request
 * and trace ids. Messages are lower case without full stop and carry ids, never card
 * data, secrets, personal data or message bodies. Values are escaped here, so
 * nobody can forge a line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Who and what a line is about; embedded in struct task. */
struct log_subject {
        struct str request_id;
        struct str trace_id;
};

struct log_pair {
        const char *key;
        struct str value;
};

/* By its name; an unknown one is LOG_INFO (conf.h refuses those). */
enum log_level log_level_of(const char *name);
void log_open(const char *program, enum log_level least);
void log_line(const struct log_subject *s, enum log_level level, const char *event,
    const struct log_pair *pairs, size_t n);

#define LOG_LINE(s, level, event, ...) \
        log_line((s), (level), (event), (const struct log_pair[]){ __VA_ARGS__ }, \
            sizeof((const struct log_pair[]){ __VA_ARGS__ }) / sizeof(struct log_pair))
#define log_info(s, event, ...)         LOG_LINE(s, LOG_INFO, event, __VA_ARGS__)
#define log_warn(s, event, ...)         LOG_LINE(s, LOG_WARN, event, __VA_ARGS__)
#define log_error(s, event, ...)        LOG_LINE(s, LOG_ERROR, event, __VA_ARGS__)

#endif
