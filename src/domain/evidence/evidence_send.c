/*
 * evidence_send.c - the one shot at the gateway. Each run first asks what the
 * gateway has, so that an answer that was lost, or a run that died, is never
 * followed by a second shot; what was uploaded before is not uploaded again.
 * Nobody's fault is counted: it goes on until the gateway has an answer.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "domain/disputes/dispute.h"
#include "domain/evidence/evidence_inner.h"
#include "domain/evidence/evidence_type.h"
#include "io/job.h"
#include "io/stmt.h"
#include "io/task.h"

#include "domain/evidence/evidence.sql.def"

#define RETRY_FIRST_MS  INT64_C(2000)
#define RETRY_MOST_MS   INT64_C(300000)

struct sending {
        struct task *task;
        const struct job *job;
        struct dispute dispute;
        struct gateway_evidence takes;
        struct gateway_dispute theirs;  /* as the gateway has it */
        struct str why;                 /* set: not done, and why */
        int64_t tries, turn;            /* runs before this one; keys that are spent */
        bool spent;                     /* this turn's key is */
};

static bool
is_closed(enum dispute_status s)
{
        switch (s) {
        case DISPUTE_WON:
        case DISPUTE_LOST:
        case DISPUTE_WARNING_CLOSED:
                return true;
        case DISPUTE_WARNING:
        case DISPUTE_NEEDS_RESPONSE:
        case DISPUTE_UNDER_REVIEW:
        case DISPUTE_UNDECIDED:
                break;
        }
        return false;
}

/* A call's key: the same after an answer that was lost, another after one that would be given again. */
static struct str
key_of(const struct sending *w, struct uuid id, const char *prefix, const char *what)
{
        char text[ID_TEXT_MAX];

        typeid_text(prefix, id, text);
        return w->turn == 0 ? str_fmt(w->task->arena, "%s%s", text, what)
            : str_fmt(w->task->arena, "%s%s-%lld", text, what, (long long)w->turn);
}

/* Not done: again later each time. What the job keeps of it: "tries turn". */
static bool
again(struct sending *w, struct err *e)
{
        struct task *t = w->task;
        char id[ID_TEXT_MAX];

        typeid_text("dsp", w->dispute.id, id);
        log_error(&t->subject, "dispute.not_answered", { "dispute", str_of(id) }, { "detail", w->why },
            { "next", STR("none: it is tried again; see that it is before its due date, or answer at the gateway") });
        return job_turn(t, w->job, job_backoff_ms(w->tries + 1, RETRY_FIRST_MS, RETRY_MOST_MS), w->why,
            str_fmt(t->arena, "%lld %lld", (long long)(w->tries + 1), (long long)(w->turn + (w->spent ? 1 : 0))), e);
}

/* What it comes to, recorded; the job is over. */
static bool
end(struct sending *w, const char *to, struct err *e)
{
        struct task *t = w->task;
        struct params p = params_in(t->arena);
        char id[ID_TEXT_MAX];
        struct rows r;

        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_text(&p, w->dispute.answer);
        param_z(&p, to);
        param_text(&p, t->subject.request_id);
        /* Harmless when repeated: the second finds the first. */
        if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_sent, &p, &r, e))
                return false;
        typeid_text("dsp", w->dispute.id, id);
        if (strcmp(to, "none") == 0 && row_bool(&r, 0, "told"))
                log_error(&t->subject, "dispute.closed_unanswered", { "dispute", str_of(id) },
                    { "next", STR("none: the gateway closed it before our answer came; its outcome is booked") });
        return job_finish(t, w->job, e);
}

/* The gateway's word is booked, and the job is over; while the books can't take it yet it goes on. */
static bool
book_and_end(struct sending *w, const struct dispute_word *word, const char *to, struct err *e)
{
        enum dispute_booked booked;

        if (!dispute_book(w->task, w->dispute.capture, word, "jobs", &booked, e))
                return false;
        if (booked == DISPUTE_WAITS) {
                w->why = STR("it can't be booked before the end of its charge, or of a refund of it, is known");
                return again(w, e);
        }
        return end(w, to, e);
}

/* false without an error: no answer that can be used. */
static bool
look(struct sending *w)
{
        gateway_dispute_get(w->task, w->dispute.gateway, w->dispute.gateway_dispute, &w->theirs);
        if (!w->theirs.found)
                w->why = w->theirs.asked ? STR("the gateway does not know the dispute") : w->theirs.why;
        return w->theirs.found;
}

/* --- giving up --------------------------------------------------------- */

static bool
give_up_by_api(struct sending *w, struct err *e)
{
        struct dispute_word word;

        if (!look(w))
                return again(w, e);
        if (!is_closed(w->theirs.status)) {
                gateway_dispute_accept(w->task, w->dispute.gateway, w->dispute.gateway_dispute,
                    key_of(w, w->dispute.id, "dsp", "-accept"), &w->theirs);
                w->spent = w->theirs.spent;
                FAULT(evidence_answered);
        }
        if (!w->theirs.found || !is_closed(w->theirs.status)) {
                w->why = w->theirs.found ? STR("the dispute is still open after it was closed") : w->theirs.why;
                return again(w, e);
        }
        word = dispute_word_of(w->dispute.gateway, &w->theirs);
        return book_and_end(w, &word, w->theirs.status == DISPUTE_LOST ? "accepted" : "none", e);
}

/* Its money has gone, and nobody is there to be told: the loss is booked. */
static bool
give_up_by_hand(struct sending *w, struct err *e)
{
        struct dispute_word word = {
                .gateway = w->dispute.gateway, .dispute = w->dispute.gateway_dispute, .status = DISPUTE_LOST,
                .amount = { .minor = w->dispute.amount }, .fee = w->dispute.fee, .reason = w->dispute.reason,
                .due_by = w->dispute.due_by, .current = true,
        };

        if (!currency_parse(w->dispute.currency, &word.amount.currency))
                return err_set(e, ERR_INTERNAL, "the dispute's currency is not known");
        return book_and_end(w, &word, "accepted", e);
}

/* --- answering --------------------------------------------------------- */

static const struct evidence_field *
field_named(struct str name)
{
        const struct evidence_field *f = evidence_fields;

        while (f->name != NULL && !str_is(name, f->name))
                f++;
        return f;
}

static bool
uploaded(struct sending *w, const struct evidence_piece *p, struct str file, struct err *e)
{
        struct params q = params_in(w->task->arena);

        param_i64(&q, w->job->org);
        param_uuid(&q, p->id);
        param_text(&q, file);
        return db_query(w->task->db, w->task->arena, &w->task->subject, &stmt_evidence_uploaded, &q, NULL, e);
}

/* It holds up nothing: the rest is sent without it. */
static bool
refused(struct sending *w, struct evidence_piece *p, struct str why, struct err *e)
{
        struct task *t = w->task;
        struct params q = params_in(t->arena);
        char id[ID_TEXT_MAX], piece[ID_TEXT_MAX];

        typeid_text("dsp", w->dispute.id, id);
        typeid_text("evd", p->id, piece);
        log_error(&t->subject, "dispute.file_refused", { "dispute", str_of(id) }, { "evidence", str_of(piece) },
            { "field", p->fields[0] }, { "detail", why },
            { "next", STR("the rest is sent without it: if it matters, send it through the gateway's dashboard") });
        p->refused = why;
        param_i64(&q, w->job->org);
        param_uuid(&q, p->id);
        param_text(&q, why);
        return db_query(t->db, t->arena, &t->subject, &stmt_evidence_refused, &q, NULL, e);
}

/* To the gateway unless it is there, or never will be; w->why is set when it is not taken now. */
static bool
upload(struct sending *w, struct evidence_piece *p, struct err *e)
{
        struct task *t = w->task;
        struct str name, content;
        struct gateway_file file;

        if (p->gateway_file.p != NULL || p->refused.p != NULL)
                return true;
        if (!evidence_read(t, p, &name, &content, e))
                return false;
        name = str_fmt(t->arena, "%s.%s", field_named(p->fields[0])->name,
            evidence_type_ending(evidence_type_named(p->media_type)));
        gateway_dispute_file(t, w->dispute.gateway, key_of(w, p->id, "evd", ""), name, str_z(t->arena, p->media_type),
            content, &file);
        FAULT(evidence_uploaded);
        w->spent = file.spent;
        if (file.refused)
                return refused(w, p, file.why, e);
        if (file.id.p == NULL) {
                w->why = str_fmt(t->arena, "upload of %.*s: %.*s", STR_ARG(name), STR_ARG(file.why));
                return true;
        }
        p->gateway_file = file.id;
        return uploaded(w, p, file.id, e);
}

/* All that the gateway takes, in one call, or nothing. */
static bool
answer(struct sending *w, struct err *e)
{
        struct http_field fields[EVIDENCE_FIELDS_MAX];
        struct evidence_piece *pieces;
        size_t n, fields_n = 0;

        if (!evidence_pieces(w->task, w->job->org, w->job->object, &pieces, &n, e) ||
            !evidence_merge(w->task, pieces, n, (size_t)w->takes.text_most, fields, &fields_n, e))
                return false;
        for (size_t i = 0; i < n && w->why.p == NULL; i++) {
                if (!str_is(pieces[i].kind, "file"))
                        continue;
                if (!upload(w, &pieces[i], e))
                        return false;
                if (pieces[i].refused.p != NULL)
                        continue;
                fields[fields_n++] = (struct http_field){
                        field_named(pieces[i].fields[0])->theirs, pieces[i].gateway_file,
                };
        }
        if (w->why.p != NULL)
                return true;
        gateway_dispute_answer(w->task, w->dispute.gateway, w->dispute.gateway_dispute, fields, fields_n,
            key_of(w, w->dispute.id, "dsp", "-submit"), &w->theirs);
        w->spent = w->theirs.spent;
        FAULT(evidence_answered);
        if (!w->theirs.found || !w->theirs.answered)
                w->why = w->theirs.found ? STR("the gateway has the evidence and did not submit it") : w->theirs.why;
        return true;
}

static bool
answer_by_api(struct sending *w, struct err *e)
{
        struct dispute_word word;

        if (!look(w))
                return again(w, e);
        if (!w->theirs.answered && !is_closed(w->theirs.status)) {
                if (!answer(w, e))
                        return false;
                if (w->why.p != NULL)
                        return again(w, e);
        }
        word = dispute_word_of(w->dispute.gateway, &w->theirs);
        return book_and_end(w, &word, w->theirs.answered ? "submitted" : "none", e);
}

/* Nobody has sent it yet: whoever has to is told now, and reminded of the due date. */
static bool
answer_by_hand(struct sending *w, struct err *e)
{
        struct task *t = w->task;
        struct params p = params_in(t->arena);

        param_i64(&p, w->job->org);
        param_uuid(&p, w->job->object);
        param_text(&p, t->subject.request_id);
        /* Harmless when repeated: the second finds the first. */
        if (!db_query(t->db, t->arena, &t->subject, &stmt_evidence_by_hand, &p, NULL, e))
                return false;
        evidence_hand(t, w->dispute.id, 0);
        return job_finish(t, w->job, e);
}

bool
evidence_send(struct task *t, const struct job *j, struct err *e)
{
        struct sending w = { .task = t, .job = j };
        struct str tries, turn;

        if (str_cut(j->progress, ' ', &tries, &turn))
                (void)(str_to_i64(tries, &w.tries) && str_to_i64(turn, &w.turn));
        if (!dispute_find(t, j->org, j->object, &w.dispute, e))
                return false;
        w.takes = gateway_evidence(w.dispute.gateway);
        if (str_is(w.dispute.answer, "submitting"))
                return w.takes.by_api ? answer_by_api(&w, e) : answer_by_hand(&w, e);
        if (str_is(w.dispute.answer, "accepting"))
                return w.takes.by_api ? give_up_by_api(&w, e) : give_up_by_hand(&w, e);
        return job_finish(t, j, e);
}
