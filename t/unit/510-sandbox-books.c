/*
 * 510-sandbox-books.c - the other side keeps its word: whatever is done to its
 * books, in both dialects, its events and answers are the same when they are
 * asked for later and after the books were closed and read back.
 */
#include "unit.h"

#include "base/clock.h"
#include "sandbox/event.h"
#include "sandbox/idem.h"
#include "sandbox/stripe.h"

#include <fcntl.h>

#define STEPS   400
#define EVENTS  (STEPS * EVENTS_A_ROW)
#define SOON_MS 150

struct fixture {
        struct arena *arena;
        struct books *books;
        struct idem *idem;
        char path[64];
        int64_t number[EVENTS];
        size_t events;
};

static void
watch(void *fixture, const struct txn *t, const struct txn *original)
{
        struct fixture *f = fixture;
        const char *type[EVENTS_A_ROW];
        size_t n = event_types(t, type);

        (void)original;
        for (size_t i = 0; i < n && f->events < EVENTS; i++)
                f->number[f->events++] = event_number(t->id, i);
        idem_note(f->idem, t);
}

static void
open_books(struct fixture *f)
{
        f->events = 0;
        f->idem = idem_new();
        f->books = books_open(f->path, false, watch, f);
        assert_non_null(f->books);
}

static void
close_books(struct fixture *f)
{
        books_close(f->books);
        idem_free(f->idem);
}

static struct fixture *
fixture_new(void)
{
        struct fixture *f = calloc(1, sizeof *f);

        assert_non_null(f);
        f->arena = arena_new(ARENA_CAP);
        (void)snprintf(f->path, sizeof f->path, "/tmp/sandbox-books.XXXXXX");
        (void)close(mkstemp(f->path));
        open_books(f);
        return f;
}

static void
fixture_free(struct fixture *f)
{
        close_books(f);
        (void)unlink(f->path);
        arena_free(f->arena);
        free(f);
}

static enum posted
post(struct fixture *f, struct posting p, struct txn *out)
{
        p.now_ms = 1000000;
        return books_post(f->books, &p, out);
}

static struct posting
sale(enum txn_gateway g, const char *reference)
{
        return (struct posting){
                .gateway = g, .kind = TXN_SALE, .reference = str_of(reference),
                .order = STR("ord"), .house = STR("house"),
                .data = g == TXN_STRIPE ? STR("{\"reference\":\"r\"}") : STR(""),
                .amount = { 1000, CURRENCY_USD }, .code = BOOKS_CODE_APPROVED
        };
}

static struct posting
step(const struct txn *t, enum txn_kind kind, int64_t minor)
{
        return (struct posting){
                .gateway = t->gateway, .kind = kind, .original = t->id, .amount = { minor, t->amount.currency },
                .data = kind == TXN_DISPUTE ? STR("fraudulent") : STR("")
        };
}

/* Something, to a row chosen by chance; most of it is refused, as it should be. */
static void
do_anything(struct fixture *f)
{
        struct posting p = sale(seeded(2) == 0 ? TXN_NMI : TXN_STRIPE, "r");
        struct txn out, *t;
        size_t n;

        t = books_select(f->books, &(struct txn_filter){ 0 }, f->arena, &n);
        if (n == 0 || seeded(4) == 0) {
                p.kind = seeded(3) == 0 ? TXN_AUTH : TXN_SALE;
                p.code = seeded(4) == 0 ? 202 : BOOKS_CODE_APPROVED;
        } else {
                size_t i = (size_t)seeded(n);

                p = step(&t[i], (enum txn_kind)(TXN_CAPTURE + seeded(TXN_KINDS - TXN_CAPTURE)), (int64_t)seeded(500));
                if (p.kind == TXN_FILE) {       /* of nothing, and it has a size */
                        p.code = BOOKS_CODE_APPROVED;
                        p.amount.minor++;
                }
        }
        (void)post(f, p, &out);
}

static struct str
body_of(struct fixture *f, int64_t number)
{
        struct str body = STR_NONE;

        EXPECT(event_body(f->books, f->arena, number, &body), "event %lld", (long long)number);
        return body;
}

static void
an_event_says_the_same_now_later_and_after_reading_back(void **state)
{
        struct fixture *f = fixture_new();
        struct str *first = ARENA_ARRAY(f->arena, struct str, EVENTS);
        size_t n = 0;

        (void)state;
        for (int i = 0; i < STEPS; i++) {
                do_anything(f);
                for (; n < f->events; n++)
                        first[n] = body_of(f, f->number[n]);
        }
        EXPECT(n > STEPS / 4, "%zu events", n);
        for (int again = 0; again < 2; again++) {
                assert_int_equal(f->events, n);
                for (size_t i = 0; i < n; i++)
                        EXPECT(str_eq(body_of(f, f->number[i]), first[i]), "%.*s", STR_ARG(first[i]));
                close_books(f);
                open_books(f);
        }
        fixture_free(f);
}

static void
a_late_row_is_not_there_before_its_time(void **state)
{
        struct fixture *f = fixture_new();
        struct posting p = sale(TXN_NMI, "late"), again = p;
        struct txn late, twin;
        struct txn_filter by_reference = { .reference = STR("late") };
        size_t n;

        (void)state;
        p.late_ms = clock_wall_ms() + SOON_MS;
        assert_int_equal(post(f, p, &late), POSTED);
        assert_false(books_find(f->books, late.id, &twin));
        (void)books_select(f->books, &by_reference, f->arena, &n);
        assert_int_equal(n, 0);
        assert_int_equal(post(f, step(&late, TXN_VOID, 0), &twin), POST_NO_ORIGINAL);
        again.dup_seconds = 1200;
        assert_int_equal(post(f, again, &twin), POSTED);
        clock_sleep_ms(SOON_MS + 20);
        (void)books_select(f->books, &by_reference, f->arena, &n);
        assert_int_equal(n, 2);
        assert_int_equal(post(f, again, &twin), POST_DUPLICATE);
        fixture_free(f);
}

static void
a_hidden_row_is_there_but_not_found(void **state)
{
        struct fixture *f = fixture_new();
        struct posting p = sale(TXN_STRIPE, "hidden");
        struct txn t;
        struct txn_filter all = { .reference = STR("hidden") }, lookup = all;
        size_t n;

        (void)state;
        lookup.lookup = true;
        p.hidden_ms = clock_wall_ms() + SOON_MS;
        assert_int_equal(post(f, p, &t), POSTED);
        assert_true(books_find(f->books, t.id, &t));
        (void)books_select(f->books, &lookup, f->arena, &n);
        assert_int_equal(n, 0);
        (void)books_select(f->books, &all, f->arena, &n);
        assert_int_equal(n, 1);
        clock_sleep_ms(SOON_MS + 20);
        (void)books_select(f->books, &lookup, f->arena, &n);
        assert_int_equal(n, 1);
        fixture_free(f);
}

static void
a_key_stands_for_one_row_for_ever(void **state)
{
        struct fixture *f = fixture_new();
        struct posting p = sale(TXN_STRIPE, "r");
        struct txn t;
        int64_t row;
        bool failed;

        (void)state;
        p.key = STR("key");
        p.ask = STR("ask");
        assert_int_equal(idem_begin(f->idem, p.key, p.ask, &row, &failed), IDEM_FRESH);
        assert_int_equal(idem_begin(f->idem, p.key, p.ask, &row, &failed), IDEM_RUNS);
        idem_end(f->idem, p.key, false);
        assert_int_equal(idem_begin(f->idem, p.key, STR("another"), &row, &failed), IDEM_FRESH);
        idem_end(f->idem, p.key, false);
        assert_int_equal(post(f, p, &t), POSTED);
        for (int again = 0; again < 2; again++) {
                assert_int_equal(idem_begin(f->idem, p.key, p.ask, &row, &failed), IDEM_DONE);
                assert_int_equal(row, t.id);
                assert_false(failed);
                assert_int_equal(idem_begin(f->idem, p.key, STR("another"), &row, &failed), IDEM_OTHER);
                close_books(f);
                open_books(f);
        }
        fixture_free(f);
}

static void
a_line_cut_by_a_crash_was_never_said(void **state)
{
        struct fixture *f = fixture_new();
        struct txn t;
        int fd;

        (void)state;
        assert_int_equal(post(f, sale(TXN_NMI, "whole"), &t), POSTED);
        close_books(f);
        fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        assert_int_equal(write(fd, "{\"id\":", 6), 6);
        (void)close(fd);
        open_books(f);
        assert_int_equal(books_count(f->books), 1);
        assert_int_equal(post(f, sale(TXN_NMI, "next"), &t), POSTED);
        close_books(f);
        open_books(f);
        assert_int_equal(books_count(f->books), 2);
        fixture_free(f);
}

static void
what_is_disputed_is_not_refunded_at_stripe(void **state)
{
        static const struct {
                enum txn_gateway gateway;
                enum posted refund;
        } row[] = { { TXN_NMI, POSTED }, { TXN_STRIPE, POST_DISPUTED } };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct fixture *f = fixture_new();
                struct txn charge, dispute, t;

                assert_int_equal(post(f, sale(row[i].gateway, "r"), &charge), POSTED);
                assert_int_equal(post(f, step(&charge, TXN_DISPUTE, 800), &dispute), POSTED);
                assert_int_equal(post(f, step(&charge, TXN_DISPUTE, 300), &t), POST_TOO_MUCH);
                assert_int_equal(post(f, step(&charge, TXN_REFUND, 200), &t), POSTED);
                assert_int_equal(post(f, step(&charge, TXN_REFUND, 100), &t), row[i].refund);
                assert_int_equal(post(f, step(&charge, TXN_WON, 0), &t), POST_WRONG_STATE);
                assert_int_equal(post(f, step(&dispute, TXN_LOST, 0), &t), POSTED);
                assert_int_equal(post(f, step(&dispute, TXN_LOST, 0), &t), POST_WRONG_STATE);
                assert_int_equal(post(f, step(&dispute, TXN_WON, 0), &t), POSTED);
                assert_int_equal(post(f, step(&dispute, TXN_WON, 0), &t), POST_WRONG_STATE);
                assert_int_equal(post(f, step(&charge, TXN_REFUND, 100), &t), POSTED);
                fixture_free(f);
        }
}

/* The row itself and its events, with its time and its money. */
static void
a_refund_that_fails_is_given_back_until_then(void **state)
{
        struct fixture *f = fixture_new();
        struct posting p = sale(TXN_STRIPE, "r");
        struct txn charge, refund, t;
        struct str made, failed;
        size_t events;

        (void)state;
        p.refund_fails_ms = SOON_MS;
        assert_int_equal(post(f, p, &charge), POSTED);
        events = f->events;
        assert_int_equal(post(f, step(&charge, TXN_REFUND, 1000), &refund), POSTED);
        assert_int_equal(f->events, events + 6);
        made = body_of(f, f->number[events]);
        assert_non_null(strstr(made.p, "\"status\":\"succeeded\""));
        assert_false(event_body(f->books, f->arena, f->number[events + 5], &failed));
        assert_int_equal(post(f, step(&charge, TXN_REFUND, 1), &t), POST_TOO_MUCH);
        assert_int_equal(post(f, step(&refund, TXN_FAIL, 0), &t), POST_WRONG_STATE);
        close_books(f);
        open_books(f);
        assert_true(books_find(f->books, refund.id, &t) && t.status == TXN_APPROVED);
        clock_sleep_ms(SOON_MS + 20);
        assert_true(books_find(f->books, refund.id, &t) && t.status == TXN_DECLINED);
        failed = body_of(f, f->number[events + 5]);
        assert_non_null(strstr(failed.p, "\"status\":\"failed\""));
        assert_non_null(strstr(failed.p, "\"type\":\"refund.failed\""));
        assert_non_null(strstr(failed.p, stripe_id(f->arena, "re", refund.id).p));
        EXPECT(str_eq(made, body_of(f, f->number[events])), "%.*s", STR_ARG(made));
        assert_int_equal(post(f, step(&charge, TXN_REFUND, 1000), &t), POSTED);
        fixture_free(f);
}

static void
what_is_settled_is_refunded_and_not_voided(void **state)
{
        struct fixture *f = fixture_new();
        struct posting p = sale(TXN_NMI, "auth");
        struct txn charge, t;

        (void)state;
        p.kind = TXN_AUTH;
        assert_int_equal(post(f, p, &t), POSTED);
        assert_int_equal(post(f, step(&t, TXN_SETTLE, 0), &t), POST_WRONG_STATE);
        assert_int_equal(post(f, sale(TXN_NMI, "sale"), &charge), POSTED);
        assert_int_equal(post(f, step(&charge, TXN_SETTLE, 0), &t), POSTED);
        assert_int_equal(post(f, step(&charge, TXN_SETTLE, 0), &t), POST_WRONG_STATE);
        assert_int_equal(post(f, step(&charge, TXN_VOID, 0), &t), POST_WRONG_STATE);
        assert_int_equal(post(f, step(&charge, TXN_REFUND, 1000), &t), POSTED);
        assert_int_equal(post(f, step(&t, TXN_FAIL, 0), &t), POST_WRONG_STATE);
        fixture_free(f);
}

static void
an_id_is_its_row_and_nothing_else_is_an_id(void **state)
{
        static const char *const no[] = {
                "", "pi", "pi_", "ch_1Sandbox0000000000000042", "pi_1Sandbox000000000000004",
                "pi_1Sandbox00000000000000420",
                "pi_1Sandbox000000000000004x", "pi_2Sandbox0000000000000042", "pi_1Sandbox-000000000000042"
        };
        struct arena *a = arena_new(ARENA_CAP);
        int64_t row;

        (void)state;
        EXPECT_TEXT(stripe_id(a, "pi", 42), "pi_1Sandbox0000000000000042");
        assert_true(stripe_id_parse(STR("pi_1Sandbox0000000000000042"), "pi", &row));
        assert_int_equal(row, 42);
        assert_true(stripe_id_parse(stripe_id(a, "pi", 0), "pi", &row));
        assert_int_equal(row, 0);
        for (size_t i = 0; i < ARRAY_LEN(no); i++)
                EXPECT(!stripe_id_parse(str_of(no[i]), "pi", &row), "\"%s\"", no[i]);
        arena_free(a);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_event_says_the_same_now_later_and_after_reading_back),
                cmocka_unit_test(a_late_row_is_not_there_before_its_time),
                cmocka_unit_test(a_hidden_row_is_there_but_not_found),
                cmocka_unit_test(a_key_stands_for_one_row_for_ever),
                cmocka_unit_test(a_line_cut_by_a_crash_was_never_said),
                cmocka_unit_test(what_is_disputed_is_not_refunded_at_stripe),
                cmocka_unit_test(a_refund_that_fails_is_given_back_until_then),
                cmocka_unit_test(what_is_settled_is_refunded_and_not_voided),
                cmocka_unit_test(an_id_is_its_row_and_nothing_else_is_an_id),
        };

        return RUN(tests);
}
