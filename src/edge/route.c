/* route.c - route.def expanded, and a path matched against it. */
#include "base/base.h"
#include "base/buf.h"
#include "edge/api/api.h"
#include "edge/gate.h"
#include "edge/hook/hook.h"
#include "io/task.h"

static const struct route routes[] = {
#define ROUTE(method, path, handler, who, scope, limit, idem, body) \
        { METHOD_##method, path, handler, who, scope, limit, idem, body },
#include "edge/route.def"
#undef ROUTE
};

static bool
path_matches(const char *pattern, struct str path, struct str *param)
{
        struct str want = str_of(pattern), w, p;
        size_t n = 0;
        bool more_w, more_p;

        do {
                more_w = str_cut(want, '/', &w, &want);
                more_p = str_cut(path, '/', &p, &path);
                if (w.n > 0 && w.p[0] == '{') {
                        if (p.n == 0)
                                return false;
                        param[n++] = p;
                } else if (!str_eq(w, p)) {
                        return false;
                }
        } while (more_w && more_p);
        return more_w == more_p;
}

static const char *const method_names[] = {
        [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH", [METHOD_PUT] = "PUT",
        [METHOD_DELETE] = "DELETE", [METHOD_OTHER] = "",
};

static bool
has_parameter(const char *pattern)
{
        return strchr(pattern, '{') != NULL;
}

/* A path that is written out is that route's, whatever another with a parameter, after it, would take it for. */
bool
route_find(struct request *rq, struct reply *rp, struct err *e)
{
        struct buf allow;
        bool exact = false;

        buf_init(&allow, rq->task->arena, 64);
        for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
                if ((exact && has_parameter(routes[i].path)) || !path_matches(routes[i].path, rq->path, rq->param))
                        continue;
                if (routes[i].method == rq->method) {
                        rq->route = &routes[i];
                        return true;
                }
                exact = !has_parameter(routes[i].path);
                buf_fmt(&allow, "%s%s", allow.n > 0 ? ", " : "", method_names[routes[i].method]);
        }
        if (allow.n == 0)
                return err_set(e, ERR_NOT_FOUND, "there is nothing at this path");
        reply_field(rp, "Allow", buf_str(&allow));
        return err_set(e, ERR_METHOD_NOT_ALLOWED, "this path answers %.*s", STR_ARG(buf_str(&allow)));
}
