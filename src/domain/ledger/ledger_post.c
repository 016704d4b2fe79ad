/* ledger_post.c - posting sets, and the recipes of recipe.def that fill them. Pure. */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "domain/ledger/ledger.h"
#include "io/db.h"

static const char *const names[ACCOUNT_COUNT] = {
#define ACCOUNT(name, type) [ACCOUNT_##name] = #name,
#include "domain/ledger/chart.def"
#undef ACCOUNT
};

enum account_kind { ASSET, LIABILITY, REVENUE, CONTRA_REVENUE, EXPENSE };

static const enum account_kind kinds[ACCOUNT_COUNT] = {
#define ACCOUNT(name, type) [ACCOUNT_##name] = type,
#include "domain/ledger/chart.def"
#undef ACCOUNT
};

static const struct {
        const char *name;
        bool debit;
} kind_facts[] = {
        [ASSET] = { "asset", true }, [LIABILITY] = { "liability", false }, [REVENUE] = { "revenue", false },
        [CONTRA_REVENUE] = { "contra_revenue", true }, [EXPENSE] = { "expense", true },
};

const char *
account_name(enum account a)
{
        CHECK(a < ACCOUNT_COUNT);
        return names[a];
}

const char *
account_type(enum account a)
{
        CHECK(a < ACCOUNT_COUNT);
        return kind_facts[kinds[a]].name;
}

bool
account_is_debit(enum account a)
{
        CHECK(a < ACCOUNT_COUNT);
        return kind_facts[kinds[a]].debit;
}

bool
account_parse(struct str s, enum account *out)
{
        for (int a = 0; a < ACCOUNT_COUNT; a++) {
                if (str_is(s, names[a])) {
                        *out = (enum account)a;
                        return true;
                }
        }
        return false;
}

void
posting_debit(struct posting_set *s, enum account a, int64_t amount)
{
        CHECK(a < ACCOUNT_COUNT && !__builtin_add_overflow(s->amount[a], amount, &s->amount[a]));
}

void
posting_credit(struct posting_set *s, enum account a, int64_t amount)
{
        CHECK(a < ACCOUNT_COUNT && !__builtin_sub_overflow(s->amount[a], amount, &s->amount[a]));
}

bool
posting_balances(const struct posting_set *s)
{
        __extension__ __int128 sum = 0;

        for (int a = 0; a < ACCOUNT_COUNT; a++)
                sum += s->amount[a];
        return sum == 0;
}

/* The postings of a set, in the chart's order; how many. */
static size_t
postings_of(const struct posting_set *s, struct str *accounts, int64_t *amounts)
{
        size_t n = 0;

        CHECK(posting_balances(s));
        for (int a = 0; a < ACCOUNT_COUNT; a++) {
                if (s->amount[a] == 0)
                        continue;
                accounts[n] = str_of(names[a]);
                amounts[n++] = s->amount[a];
        }
        return n;
}

void
posting_set_params(const struct posting_set *s, struct params *p)
{
        struct str accounts[ACCOUNT_COUNT];
        int64_t amounts[ACCOUNT_COUNT];
        size_t n = postings_of(s, accounts, amounts);

        param_text_array(p, accounts, n);
        param_i64_array(p, amounts, n);
}

void
posting_pairs_params(const struct posting_set *sets, size_t n, struct params *p)
{
        struct str *accounts = ARENA_ARRAY(p->arena, struct str, 2 * n + ACCOUNT_COUNT);
        int64_t *amounts = ARENA_ARRAY(p->arena, int64_t, 2 * n + ACCOUNT_COUNT);

        for (size_t i = 0; i < n; i++)
                CHECK(postings_of(&sets[i], accounts + 2 * i, amounts + 2 * i) == 2);
        param_text_array(p, accounts, 2 * n);
        param_i64_array(p, amounts, 2 * n);
}

struct posting_set
posting_reverse(const struct posting_set *s)
{
        struct posting_set reversed = { { 0 } };

        for (int a = 0; a < ACCOUNT_COUNT; a++)
                posting_credit(&reversed, (enum account)a, s->amount[a]);
        return reversed;
}

enum side { DEBIT, CREDIT };

static const struct recipe_line {
        enum recipe recipe;
        enum side side;
        enum account account;
        size_t part;            /* where in struct amounts */
} lines[] = {
#define RECIPE(name, effect)
#define RECIPE_LINE(name, side, account, part) \
        { RECIPE_##name, side, ACCOUNT_##account, offsetof(struct amounts, part) },
#define RECIPE_REVERSE(name, effect, of)
#include "domain/ledger/recipe.def"
#undef RECIPE
#undef RECIPE_LINE
#undef RECIPE_REVERSE
};

static const struct recipe_info {
        const char *effect;
        enum recipe lines_of;
        bool reversed;
} recipes[RECIPE_COUNT] = {
#define RECIPE(name, effect) [RECIPE_##name] = { effect, RECIPE_##name, false },
#define RECIPE_LINE(name, side, account, part)
#define RECIPE_REVERSE(name, effect, of) [RECIPE_##name] = { effect, RECIPE_##of, true },
#include "domain/ledger/recipe.def"
#undef RECIPE
#undef RECIPE_LINE
#undef RECIPE_REVERSE
};

const char *
recipe_effect(enum recipe r)
{
        CHECK(r < RECIPE_COUNT);
        return recipes[r].effect;
}

struct posting_set
recipe_post(enum recipe r, const struct amounts *a)
{
        struct posting_set s = { { 0 } };

        CHECK(r < RECIPE_COUNT);
        for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
                int64_t part;

                if (lines[i].recipe != recipes[r].lines_of)
                        continue;
                memcpy(&part, (const char *)a + lines[i].part, sizeof part);
                if (lines[i].side == DEBIT)
                        posting_debit(&s, lines[i].account, part);
                else
                        posting_credit(&s, lines[i].account, part);
        }
        return recipes[r].reversed ? posting_reverse(&s) : s;
}
