/*
 * books_file.c - the books' file: one JSON line a row, only ever added to,
 * read back at the start. A line that a crash left without its end was never
 * answered for and is cut off; any other damage refuses the file.
 *
 * Group commit: a row's line is put in `waiting` under the books' lock. The
 * first thread that needs it on the disk takes all that waits, writes and
 * syncs it without the lock, and wakes the others; lines that arrive
 * meanwhile are the next group.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/err.h"
#include "io/json_read.h"
#include "io/json_write.h"
#include "sandbox/books_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define SCRATCH_MAX     ((size_t)16 * 1024 * 1024)
#define LAST_ID         INT64_C(99999999999)

void
books_file_append(struct books *b, const struct txn *t)
{
        struct books_file *f = &b->file;
        struct json_out o = json_out_new(f->scratch);
        struct str line;

        jo_object(&o, NULL);
        jo_int(&o, "id", t->id);
        jo_z(&o, "gateway", txn_gateway_word(t->gateway));
        jo_z(&o, "kind", txn_kind_word(t->kind));
#define TEXT(name) \
        if (t->name.n > 0) \
                jo_text(&o, #name, t->name);
#include "sandbox/txn.def"
        jo_int(&o, "amount", t->amount.minor);
        jo_z(&o, "currency", currency_code(t->amount.currency));
        jo_z(&o, "brand", card_brand_word(t->brand));
        jo_int(&o, "last4", t->last4);
        jo_bool(&o, "known_card", t->known_card);
        jo_int(&o, "code", t->code);
        jo_int(&o, "original", t->original);
        jo_int(&o, "fee", t->fee);
        jo_bool(&o, "quiet", t->quiet);
        jo_int(&o, "late_ms", t->late_ms);
        jo_int(&o, "hidden_ms", t->hidden_ms);
        jo_int(&o, "refund_fails_ms", t->refund_fails_ms);
        jo_int(&o, "created_ms", t->created_ms);
        jo_end_object(&o);
        line = json_out_str(&o);
        if (f->waiting_n + line.n + 1 > f->waiting_size) {
                f->waiting_size = (f->waiting_n + line.n + 1) * 2;
                f->waiting = realloc(f->waiting, f->waiting_size);
                CHECK(f->waiting != NULL);
        }
        memcpy(f->waiting + f->waiting_n, line.p, line.n);
        f->waiting[f->waiting_n + line.n] = '\n';
        f->waiting_n += line.n + 1;
        f->appended++;
        arena_reset(f->scratch);
}

static void
write_all(int fd, const char *p, size_t n)
{
        while (n > 0) {
                ssize_t put = write(fd, p, n);

                if (put < 0 && errno == EINTR)
                        continue;
                CHECK(put > 0);         /* a gateway that can't keep its books must stop */
                p += put;
                n -= (size_t)put;
        }
}

/* Writes what waits as one group; called and left with the lock, without it while the disk works. */
static void
write_group(struct books *b)
{
        struct books_file *f = &b->file;
        uint64_t upto = f->appended;
        char *lines = f->waiting;
        size_t n = f->waiting_n, size = f->waiting_size;

        f->waiting = f->flying;
        f->waiting_size = f->flying_size;
        f->waiting_n = 0;
        f->flying = lines;
        f->flying_size = size;
        f->busy = true;
        CHECK(pthread_mutex_unlock(&b->lock) == 0);
        write_all(f->fd, lines, n);
        CHECK(!f->sync || fdatasync(f->fd) == 0);
        CHECK(pthread_mutex_lock(&b->lock) == 0);
        f->busy = false;
        f->safe = upto;
        CHECK(pthread_cond_broadcast(&f->written) == 0);
}

void
books_file_settle(struct books *b)
{
        struct books_file *f = &b->file;
        uint64_t upto = f->appended;

        while (f->safe < upto) {
                if (f->busy)
                        CHECK(pthread_cond_wait(&f->written, &b->lock) == 0);
                else
                        write_group(b);
        }
}

static const char *const kinds[] = {
#define KIND(name, word) word,
#include "sandbox/txn.def"
        NULL
};
static const char *const gateways[] = {
#define GATEWAY(name, word) word,
#include "sandbox/txn.def"
        NULL
};
static const char *const brands[] = {
#define BRAND(name, word, mask) word,
#include "sandbox/txn.def"
        NULL
};

/* One line back to a row, or NULL. The status is not in the line: it follows from the code and from later rows. */
static struct txn *
read_row(struct arena *a, struct str line)
{
        struct err e = { 0 };
        struct json *root;
        struct json_reader r;
        struct txn read = { 0 };
        struct str currency;
        int gateway, kind, brand;

        if (!json_parse(a, line, &root, &e))
                return NULL;
        r = json_reader_root(a, root, &e);
        read.id = json_get_int(&r, "id", REQUIRED, 1, LAST_ID, 0);
        gateway = json_get_word(&r, "gateway", OPTIONAL, gateways);
        kind = json_get_word(&r, "kind", REQUIRED, kinds);
#define TEXT(name) read.name = json_get_text(&r, #name, OPTIONAL, 0, BOOKS_TEXT_MAX);
#include "sandbox/txn.def"
        read.amount.minor = json_get_int(&r, "amount", REQUIRED, 1, AMOUNT_MAX, 0);
        currency = json_get_text(&r, "currency", REQUIRED, 3, 3);
        brand = json_get_word(&r, "brand", REQUIRED, brands);
        read.last4 = (int)json_get_int(&r, "last4", REQUIRED, 0, 9999, 0);
        read.known_card = json_get_bool(&r, "known_card", OPTIONAL, false);
        read.code = (int)json_get_int(&r, "code", REQUIRED, 100, 999, 0);
        read.original = json_get_int(&r, "original", REQUIRED, 0, LAST_ID, 0);
        read.fee = json_get_int(&r, "fee", OPTIONAL, 0, AMOUNT_MAX, 0);
        read.quiet = json_get_bool(&r, "quiet", OPTIONAL, false);
        read.late_ms = json_get_int(&r, "late_ms", OPTIONAL, 0, INT64_MAX, 0);
        read.hidden_ms = json_get_int(&r, "hidden_ms", OPTIONAL, 0, INT64_MAX, 0);
        read.refund_fails_ms = json_get_int(&r, "refund_fails_ms", OPTIONAL, 0, INT64_MAX, 0);
        read.created_ms = json_get_int(&r, "created_ms", REQUIRED, 0, INT64_MAX, 0);
        if (!json_reader_close(&r) || !currency_parse(currency, &read.amount.currency))
                return NULL;
        read.gateway = gateway < 0 ? TXN_NMI : (enum txn_gateway)gateway;
        read.kind = (enum txn_kind)kind;
        read.brand = (enum card_brand)brand;
        read.status = read.code == BOOKS_CODE_APPROVED ? TXN_APPROVED : TXN_DECLINED;
        read.updated_ms = read.created_ms;
        return txn_new(&read);
}

/* Reads every whole line; *end is where the last of them ends. */
static bool
read_back(struct books *b, FILE *in, off_t *end)
{
        char *line = NULL;
        size_t size = 0;
        ssize_t n;
        bool fine = true;

        *end = 0;
        while (fine && (n = getline(&line, &size, in)) > 0 && line[n - 1] == '\n') {
                struct txn *t = read_row(b->file.scratch, (struct str){ line, (size_t)n - 1 });

                fine = t != NULL && books_enter(b, t);
                if (!fine)
                        free(t);
                arena_reset(b->file.scratch);
                *end += n;
        }
        free(line);
        return fine && !ferror(in);
}

bool
books_file_open(struct books *b, const char *path, bool sync)
{
        struct books_file *f = &b->file;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        FILE *in;
        off_t end;
        bool fine;

        f->fd = fd;
        f->sync = sync;
        f->scratch = arena_new(SCRATCH_MAX);
        CHECK(pthread_cond_init(&f->written, NULL) == 0);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
                (void)fprintf(stderr, "boxoffice-sandbox: books %s can't be opened for this process alone: %s\n",
                    path, strerror(errno));
                return false;
        }
        in = fopen(path, "re");
        CHECK(in != NULL);
        fine = read_back(b, in, &end);
        (void)fclose(in);
        if (!fine) {
                (void)fprintf(stderr, "boxoffice-sandbox: books %s can't be read after row %zu\n", path, b->n);
                return false;
        }
        CHECK(ftruncate(fd, end) == 0 && lseek(fd, end, SEEK_SET) == end);
        return true;
}

void
books_file_close(struct books *b)
{
        struct books_file *f = &b->file;

        CHECK(f->waiting_n == 0 && !f->busy);
        if (f->fd >= 0)
                (void)close(f->fd);
        arena_free(f->scratch);
        free(f->waiting);
        free(f->flying);
        CHECK(pthread_cond_destroy(&f->written) == 0);
}
