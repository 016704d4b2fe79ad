/*
 * json_card.c - card numbers where none may be: the rule of the API's
 * conventions, as pure functions over text. It finds; refusing with
 * ERR_CARD_DATA_REFUSED is the caller's.
 *
 * A number is a card's when it has 13 to 19 digits, begins with 2 to 6
 * (ISO/IEC 7812 major industries that issue payment cards) and its Luhn sum
 * is right. An unbroken run of digits inside other text is let pass: order
 * references and tracking numbers look like that, one in ten by Luhn's luck.
 */
#include "base/base.h"
#include "base/arena.h"
#include "io/json_read.h"

#define PAN_MIN         ((size_t)13)
#define PAN_MAX         ((size_t)19)
#define GROUP           ((size_t)4)

static bool
is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static size_t
digits_at(struct str s, size_t i)
{
        size_t n = 0;

        while (i + n < s.n && is_digit(s.p[i + n]))
                n++;
        return n;
}

static bool
is_pan(const char *digits, size_t n)
{
        int sum = 0;

        if (n < PAN_MIN || n > PAN_MAX || digits[0] < '2' || digits[0] > '6')
                return false;
        for (size_t i = 0; i < n; i++) {
                int d = digits[n - 1 - i] - '0';

                if (i % 2 == 1)
                        d = d * 2 > 9 ? d * 2 - 9 : d * 2;
                sum += d;
        }
        return sum % 10 == 0;
}

/* The whole text, blanks and hyphens removed. */
static bool
whole_is_pan(struct str s)
{
        char digits[PAN_MAX];
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++) {
                if (memchr(" -\t\r\n", s.p[i], 5) != NULL)
                        continue;
                if (!is_digit(s.p[i]) || n == PAN_MAX)
                        return false;
                digits[n++] = s.p[i];
        }
        return is_pan(digits, n);
}

/*
 * Groups as cards print them, starting at s[i], the first digit of a run:
 * 4-4-4-4, with one to three digits more behind a separator, or 4-6-5. What
 * follows may be another group (an expiry date), so shorter readings count.
 */
static bool
groups_are_pan(struct str s, size_t i)
{
        char digits[PAN_MAX];
        size_t n = 0;
        bool amex = false;

        for (size_t group = 0; group < 5; group++) {
                size_t len = digits_at(s, i);

                if (group == 1)
                        amex = len == 6;
                if (amex ? len != (group == 1 ? 6 : 5) : group < 4 ? len != GROUP : len < 1 || len > 3)
                        return false;
                memcpy(digits + n, s.p + i, len);
                n += len;
                i += len;
                if ((amex ? group == 2 : group >= 3) && is_pan(digits, n))
                        return true;
                if ((amex && group == 2) || i == s.n || (s.p[i] != ' ' && s.p[i] != '-'))
                        return false;
                i++;
        }
        return false;
}

/* Track 1 "%B<digits>^name^..." at s[i]. */
static bool
is_track1(struct str s, size_t i)
{
        size_t n;

        if (i + 2 > s.n || s.p[i] != '%' || (s.p[i + 1] | 0x20) != 'b')
                return false;
        n = digits_at(s, i + 2);
        i += 2 + n;
        return n >= PAN_MIN - 1 && n <= PAN_MAX && i < s.n && s.p[i] == '^' &&
            memchr(s.p + i + 1, '^', s.n - i - 1) != NULL;
}

/* Track 2 ";<digits>=<expiry and more digits>?" at s[i]. */
static bool
is_track2(struct str s, size_t i)
{
        size_t n;

        if (s.p[i] != ';')
                return false;
        n = digits_at(s, i + 1);
        i += 1 + n;
        if (n < PAN_MIN - 1 || n > PAN_MAX || i == s.n || s.p[i] != '=')
                return false;
        n = digits_at(s, i + 1);
        i += 1 + n;
        return n >= 4 && i < s.n && s.p[i] == '?';
}

bool
text_is_card_data(struct str s)
{
        if (whole_is_pan(s))
                return true;
        for (size_t i = 0; i < s.n; i++) {
                if (is_digit(s.p[i]) && (i == 0 || !is_digit(s.p[i - 1])) && groups_are_pan(s, i))
                        return true;
                if (is_track1(s, i) || is_track2(s, i))
                        return true;
        }
        return false;
}

static bool
key_is_exempt(struct str key)
{
        return str_is(key, "account_number") || str_is(key, "iban") || str_is(key, "routing_number");
}

/* The way from the root to a node; on the stack, because a pointer's text is made only for what is found. */
struct step {
        const struct step *up;
        const struct json *node;
        size_t index;                   /* among its parent's children */
};

static struct str
pointer_of(struct arena *a, const struct step *s)
{
        struct str at;

        if (s->up == NULL)
                return STR("");
        at = pointer_of(a, s->up);
        if (s->up->node->kind == JSON_OBJECT)
                return json_pointer(a, at, s->node->key);
        return str_fmt(a, "%.*s/%zu", STR_ARG(at), s->index);
}

static bool
is_card_data(const struct json *node)
{
        switch (node->kind) {
        case JSON_STRING:
                return text_is_card_data(node->text) && !key_is_exempt(node->key);
        case JSON_NUMBER:
                return whole_is_pan(node->text) && !key_is_exempt(node->key);
        case JSON_NULL:
        case JSON_BOOL:
        case JSON_ARRAY:
        case JSON_OBJECT:
                return false;
        }
        return false;
}

static bool
search(struct arena *a, const struct step *here, struct str *pointer)
{
        struct step next = { .up = here };

        if (is_card_data(here->node) || (here->node->key.n > 0 && text_is_card_data(here->node->key))) {
                *pointer = pointer_of(a, here);
                return true;
        }
        for (next.node = here->node->child; next.node != NULL; next.node = next.node->next, next.index++)
                if (search(a, &next, pointer))
                        return true;
        return false;
}

bool
json_card_data(struct arena *a, const struct json *root, struct str *pointer)
{
        return search(a, &(struct step){ .node = root }, pointer);
}
