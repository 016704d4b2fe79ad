/* risk_judge.c - four ratios and a level. Pure. */
#include "base/base.h"
#include "base/arena.h"
#include "base/conf.h"
#include "base/money.h"
#include "domain/risk/risk.h"

#define BPS 10000

static const int window_days[RISK_WINDOWS] = { 30, 90 };

struct risk_rules
risk_rules_of(const struct conf *c)
{
        return (struct risk_rules){
                .warn_bps = c->dispute_warn_bps < c->dispute_act_bps ? c->dispute_warn_bps : c->dispute_act_bps,
                .act_bps = c->dispute_act_bps, .least = c->dispute_least,
                .reserve_bps = c->dispute_reserve_bps, .reserve_days = c->dispute_reserve_days,
        };
}

int64_t
risk_ratio_bps(int64_t disputed, int64_t of)
{
        if (disputed == 0)
                return 0;
        return disputed >= of ? BPS : amount_ratio_floor(disputed, BPS, of);
}

/* The worst of the ratios that count, and what it says. */
struct worst {
        int64_t bps;
        struct str what;
};

static struct str
percent(struct arena *a, int64_t bps)
{
        return str_fmt(a, "%lld.%02lld %%", (long long)(bps / 100), (long long)(bps % 100));
}

static struct worst
worst_of(struct arena *a, const struct risk_window w[RISK_WINDOWS], int64_t least)
{
        struct worst x = { .bps = -1 };

        for (int i = 0; i < RISK_WINDOWS; i++) {
                int64_t number = risk_ratio_bps(w[i].disputes, w[i].charges);
                int64_t amount = risk_ratio_bps(w[i].disputed, w[i].charged);

                if (w[i].disputes < least)
                        continue;
                if (number > x.bps)
                        x = (struct worst){ number, str_fmt(a, "%lld disputes in %d days, to %lld charges, are %.*s",
                            (long long)w[i].disputes, window_days[i], (long long)w[i].charges,
                            STR_ARG(percent(a, number))) };
                if (amount > x.bps)
                        x = (struct worst){ amount, str_fmt(a, "%.*s of what was charged in %d days is disputed",
                            STR_ARG(percent(a, amount)), window_days[i]) };
        }
        return x;
}

struct risk_verdict
risk_judge(struct arena *a, const struct risk_window w[RISK_WINDOWS], enum risk_level was, const struct risk_rules *r)
{
        struct worst x = worst_of(a, w, r->least);

        if (x.bps >= r->act_bps || (was == RISK_RAISED && x.bps >= r->warn_bps))
                return (struct risk_verdict){ RISK_RAISED, str_fmt(a,
                    "%.*s; the limit is %.*s. Of new sales at least %.*s is kept in reserve, for at least %lld days "
                    "after the event, until it is below %.*s", STR_ARG(x.what), STR_ARG(percent(a, r->act_bps)),
                    STR_ARG(percent(a, r->reserve_bps)), (long long)r->reserve_days,
                    STR_ARG(percent(a, r->warn_bps))) };
        if (x.bps >= r->warn_bps)
                return (struct risk_verdict){ RISK_WARNED, str_fmt(a,
                    "%.*s. From %.*s on, more of new sales is kept in reserve", STR_ARG(x.what),
                    STR_ARG(percent(a, r->act_bps))) };
        return (struct risk_verdict){ RISK_NORMAL, STR_NONE };
}
