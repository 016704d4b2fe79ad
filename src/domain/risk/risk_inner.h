/* risk_inner.h - inside the room: a row's words and figures. */
#ifndef DOMAIN_RISK_RISK_INNER_H
#define DOMAIN_RISK_RISK_INNER_H

#include "domain/risk/risk.h"
#include "io/db.h"

/* Of column figures: 30 days, then 90. */
void risk_windows_of(const struct rows *r, struct arena *a, int row, struct risk_window w[RISK_WINDOWS]);
const char *risk_level_word(enum risk_level level);
enum risk_level risk_level_of(struct str word);

#endif
