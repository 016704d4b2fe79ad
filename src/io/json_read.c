/*
 * json_read.c - bytes to a tree, through yajl's callback parser.
 *
 * yajl tells tokens and grammar; everything that it lets pass and this house
 * doesn't is refused here: ill-formed UTF-8 (yajl knows neither overlong forms
 * nor encoded surrogates), lone surrogate escapes (it turns them into '?'),
 * escaped NUL, duplicate keys, depth, number of nodes. Fields and their ranges
 * are json_get.c's, card numbers json_card.c's.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "io/json_read.h"

#include <yajl/yajl_parse.h>

#define WHERE_MAX       ((size_t)160)   /* of a pointer shown in a detail */

struct parser {
        struct arena *arena;
        struct err *e;
        struct json *root;
        struct json *open[JSON_DEPTH_MAX];      /* containers being filled, the outermost first */
        struct json *last[JSON_DEPTH_MAX];      /* the newest child of each */
        size_t depth, nodes;
        struct str key;                         /* of the member whose value comes next */
};

static struct str
text_copy(struct parser *p, const void *text, size_t n)
{
        return (struct str){ str_z(p->arena, (struct str){ text, n }), n };
}

/* JSON pointer of the container being filled, for a detail. */
static struct str
where(const struct parser *p)
{
        struct str at = STR("");

        for (size_t i = 1; i < p->depth && at.n < WHERE_MAX; i++) {
                if (p->open[i - 1]->kind == JSON_OBJECT)
                        at = json_pointer(p->arena, at, p->open[i]->key);
                else
                        at = str_fmt(p->arena, "%.*s/%zu", STR_ARG(at), p->open[i - 1]->children - 1);
        }
        return at.n == 0 ? STR("the top") : at;
}

static struct json *
node_add(struct parser *p, enum json_kind kind)
{
        struct json *node;

        if (p->nodes++ >= JSON_NODES_MAX) {
                (void)err_set(p->e, ERR_INVALID_JSON, "more than %d values in one document", JSON_NODES_MAX);
                return NULL;
        }
        node = ARENA_NEW(p->arena, struct json);
        node->kind = kind;
        node->key = p->key;
        p->key = STR_NONE;
        if (p->depth == 0) {
                p->root = node;
                return node;
        }
        if (p->last[p->depth - 1] == NULL)
                p->open[p->depth - 1]->child = node;
        else
                p->last[p->depth - 1]->next = node;
        p->last[p->depth - 1] = node;
        p->open[p->depth - 1]->children++;
        return node;
}

static int
on_null(void *ctx)
{
        return node_add(ctx, JSON_NULL) != NULL;
}

static int
on_bool(void *ctx, int value)
{
        struct json *node = node_add(ctx, JSON_BOOL);

        if (node == NULL)
                return 0;
        node->boolean = value != 0;
        return 1;
}

static int
on_number(void *ctx, const char *text, size_t n)
{
        struct json *node = node_add(ctx, JSON_NUMBER);

        if (node == NULL)
                return 0;
        node->text = text_copy(ctx, text, n);
        return 1;
}

static int
on_string(void *ctx, const unsigned char *text, size_t n)
{
        struct json *node = node_add(ctx, JSON_STRING);

        if (node == NULL)
                return 0;
        node->text = text_copy(ctx, text, n);
        return 1;
}

static int
on_key(void *ctx, const unsigned char *text, size_t n)
{
        struct parser *p = ctx;

        p->key = text_copy(p, text, n);
        return 1;
}

static int
container_open(struct parser *p, enum json_kind kind)
{
        struct json *node = node_add(p, kind);

        if (node == NULL)
                return 0;
        if (p->depth == JSON_DEPTH_MAX) {
                struct str at = where(p);

                (void)err_set(p->e, ERR_INVALID_JSON, "deeper than %d levels at %.*s", JSON_DEPTH_MAX, STR_ARG(at));
                return 0;
        }
        p->open[p->depth] = node;
        p->last[p->depth] = NULL;
        p->depth++;
        return 1;
}

static int
on_object(void *ctx)
{
        return container_open(ctx, JSON_OBJECT);
}

static int
on_array(void *ctx)
{
        return container_open(ctx, JSON_ARRAY);
}

static int
key_order(const void *a, const void *b)
{
        const struct json *x = *(const struct json *const *)a;
        const struct json *y = *(const struct json *const *)b;

        if (x->key.n != y->key.n)
                return x->key.n < y->key.n ? -1 : 1;
        return memcmp(x->key.p, y->key.p, x->key.n);
}

/* Sorted and compared with its neighbour: thousands of keys in one object cost n log n. */
static bool
keys_differ(struct parser *p, const struct json *object)
{
        const struct json **sorted;
        size_t n = 0;

        if (object->children < 2)
                return true;
        sorted = ARENA_ARRAY(p->arena, const struct json *, object->children);
        for (const struct json *m = object->child; m != NULL; m = m->next)
                sorted[n++] = m;
        qsort(sorted, n, sizeof *sorted, key_order);
        for (size_t i = 1; i < n; i++) {
                if (key_order(&sorted[i - 1], &sorted[i]) == 0) {
                        struct str key = sorted[i]->key, at = where(p);

                        if (text_is_card_data(key))
                                key = STR("(card data)");
                        return err_set(p->e, ERR_INVALID_JSON, "duplicate key \"%.*s\" at %.*s",
                            (int)(key.n < 60 ? key.n : 60), key.p, STR_ARG(at));
                }
        }
        return true;
}

static int
on_end(void *ctx)
{
        struct parser *p = ctx;
        struct json *node = p->open[p->depth - 1];

        if (node->kind == JSON_OBJECT && !keys_differ(p, node))
                return 0;
        p->depth--;
        return 1;
}

static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_end,
        .yajl_start_array = on_array,
        .yajl_end_array = on_end,
};

/* The value of four hexadecimal digits at s[i..], or -1. */
static int
hex4(struct str s, size_t i)
{
        int v = 0;

        if (i + 4 > s.n)
                return -1;
        for (size_t k = i; k < i + 4; k++) {
                char c = s.p[k], lower = (char)(c | 0x20);

                if (c >= '0' && c <= '9')
                        v = v * 16 + (c - '0');
                else if (lower >= 'a' && lower <= 'f')
                        v = v * 16 + (lower - 'a' + 10);
                else
                        return -1;
        }
        return v;
}

/*
 * The \u escapes of the raw text, before yajl decodes them away. A backslash
 * stands only in strings: one elsewhere, or an ill-formed escape, is left for
 * yajl to refuse.
 */
static bool
escapes_sound(struct str body, struct err *e)
{
        for (size_t i = 0; i + 1 < body.n; i++) {
                int unit, second;

                if (body.p[i] != '\\')
                        continue;
                if (body.p[i + 1] != 'u') {
                        i++;
                        continue;
                }
                unit = hex4(body, i + 2);
                if (unit == 0)
                        return err_set(e, ERR_INVALID_JSON, "NUL character \\u0000 at byte %zu", i);
                if (unit >= 0xd800 && unit <= 0xdfff) {
                        bool pair = i + 7 < body.n && body.p[i + 6] == '\\' && body.p[i + 7] == 'u';

                        second = pair ? hex4(body, i + 8) : -1;
                        if (unit >= 0xdc00 || second < 0xdc00 || second > 0xdfff)
                                return err_set(e, ERR_INVALID_JSON, "lone surrogate \\u%04x at byte %zu",
                                    (unsigned)unit, i);
                        i += 6;
                }
                i += 5;
        }
        return true;
}

static bool
body_sound(struct str body, struct err *e)
{
        size_t blanks = 0;

        while (blanks < body.n && memchr(" \t\r\n", body.p[blanks], 4) != NULL)
                blanks++;
        if (blanks == body.n)
                return err_set(e, ERR_INVALID_JSON, "the body is empty");
        if (str_starts(body, STR("\xef\xbb\xbf")))
                return err_set(e, ERR_INVALID_JSON, "the body begins with a byte-order mark");
        if (!str_is_utf8(body))
                return err_set(e, ERR_INVALID_JSON, "the body is not well-formed UTF-8");
        return escapes_sound(body, e);
}

/* yajl's own words without the text it quotes, which may hold anything. */
static bool
refuse(yajl_handle h, size_t at, struct err *e)
{
        unsigned char *text = yajl_get_error(h, 0, NULL, 0);
        struct str words;

        CHECK(text != NULL);
        (void)str_cut(str_of((const char *)text), '\n', &words, &(struct str){ NULL, 0 });
        (void)err_set(e, ERR_INVALID_JSON, "%.*s at byte %zu", STR_ARG(words), at);
        yajl_free_error(h, text);
        return false;
}

bool
json_parse(struct arena *a, struct str body, struct json **out, struct err *e)
{
        struct parser p = { .arena = a, .e = e };
        const unsigned char *bytes = (const unsigned char *)body.p;
        yajl_status status;
        yajl_handle h;
        bool ok = true;

        *out = NULL;
        if (!body_sound(body, e))
                return false;
        h = yajl_alloc(&callbacks, NULL, &p);
        CHECK(h != NULL);
        status = yajl_parse(h, bytes, body.n);
        if (status == yajl_status_error)
                ok = refuse(h, yajl_get_bytes_consumed(h), e);
        else if (status == yajl_status_ok && (status = yajl_complete_parse(h)) == yajl_status_error)
                ok = refuse(h, body.n, e);
        ok = ok && status == yajl_status_ok;
        yajl_free(h);
        if (ok)
                *out = p.root;
        return ok;
}
