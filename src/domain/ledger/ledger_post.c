/* ledger_post.c - posting sets and the recipes that fill them. Pure. */
#include "base/base.h"
#include "base/check.h"
#include "domain/ledger/ledger.h"
#include "io/db.h"

static const char *const names[ACCOUNT_COUNT] = {
#define ACCOUNT(name, type) [ACCOUNT_##name] = #name,
#include "domain/ledger/chart.def"
#undef ACCOUNT
};

const char *
account_name(enum account a)
{
        CHECK(a < ACCOUNT_COUNT);
        return names[a];
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

void
posting_set_params(const struct posting_set *s, struct params *p)
{
        struct str accounts[ACCOUNT_COUNT];
        int64_t amounts[ACCOUNT_COUNT], sum = 0;
        size_t n = 0;

        for (int a = 0; a < ACCOUNT_COUNT; a++) {
                if (s->amount[a] == 0)
                        continue;
                CHECK(!__builtin_add_overflow(sum, s->amount[a], &sum));
                accounts[n] = str_of(names[a]);
                amounts[n++] = s->amount[a];
        }
        CHECK(sum == 0);
        param_text_array(p, accounts, n);
        param_i64_array(p, amounts, n);
}

struct posting_set
ledger_sale(const struct sale_amounts *a)
{
        struct posting_set s = { { 0 } };

        posting_debit(&s, ACCOUNT_gateway_clearing, a->total);
        posting_debit(&s, ACCOUNT_promo_discounts, a->discount);
        posting_credit(&s, ACCOUNT_ticket_revenue, a->list);
        posting_credit(&s, ACCOUNT_fee_revenue, a->guest_fee + a->absorbed_fee);
        posting_credit(&s, ACCOUNT_tax_payable, a->tax);
        posting_debit(&s, ACCOUNT_organizer_share, a->share);
        posting_credit(&s, ACCOUNT_organizer_reserve, a->reserve);
        posting_credit(&s, ACCOUNT_organizer_pending, a->share - a->absorbed_fee - a->reserve);
        return s;
}

struct posting_set
ledger_unplaced(int64_t amount)
{
        struct posting_set s = { { 0 } };

        posting_debit(&s, ACCOUNT_gateway_clearing, amount);
        posting_credit(&s, ACCOUNT_refunds_in_transit, amount);
        return s;
}

struct posting_set
ledger_refund_settled(int64_t amount)
{
        struct posting_set s = { { 0 } };

        posting_debit(&s, ACCOUNT_refunds_in_transit, amount);
        posting_credit(&s, ACCOUNT_gateway_clearing, amount);
        return s;
}
