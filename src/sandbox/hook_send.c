/*
 * hook_send.c - signs a body and posts it over a connection that is kept.
 * libcurl may send twice over such a one: receivers must cope.
 */
#include "base/base.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "sandbox/hook.h"

#include <curl/curl.h>
#include <inttypes.h>

#define TIMEOUT_MS      20000L
#define CONNECT_MS      5000L

struct hook_sender {
        CURL *curl;
        const struct hooks_conf *conf;
        const atomic_bool *stop;
        bool cut;
};

static size_t
take_body(char *p, size_t size, size_t n, void *sender)
{
        (void)p;
        (void)sender;
        return size * n;
}

static size_t
take_header(char *p, size_t size, size_t n, void *sender)
{
        const struct hook_sender *s = sender;

        (void)p;
        return s->cut ? 0 : size * n;
}

static int
watch_stop(void *sender, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
        const struct hook_sender *s = sender;

        (void)a, (void)b, (void)c, (void)d;
        return atomic_load(s->stop) ? 1 : 0;
}

struct hook_sender *
hook_sender_new(const struct hooks_conf *conf, const atomic_bool *stop)
{
        struct hook_sender *s = calloc(1, sizeof *s);
        CURL *c = curl_easy_init();

        CHECK(s != NULL && c != NULL);
        *s = (struct hook_sender){ c, conf, stop, false };
        CHECK(curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_CAINFO, conf->ca_file) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_HEADERDATA, s) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch_stop) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_XFERINFODATA, s) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK);
        return s;
}

void
hook_sender_free(struct hook_sender *s)
{
        curl_easy_cleanup(s->curl);
        free(s);
}

static struct str
digest(struct arena *a, struct str key, struct str stamp, struct str body)
{
        unsigned char mac[SHA256_SIZE];

        hmac_sha256(key, str_fmt(a, "%.*s.%.*s", STR_ARG(stamp), STR_ARG(body)), mac);
        return hex_encode(a, mac, sizeof mac);
}

static struct str
signature(struct hook_sender *s, struct arena *a, enum txn_gateway g, struct str body, bool forged)
{
        struct str key = forged ? STR("not the key") : s->conf->secret[g], stamp;

        if (g == TXN_STRIPE) {
                stamp = str_fmt(a, "%" PRId64, clock_wall_ms() / 1000);
                return str_fmt(a, "Stripe-Signature: t=%s,v1=%s", stamp.p, digest(a, key, stamp, body).p);
        }
        stamp = random_text(a, 15);
        return str_fmt(a, "Webhook-Signature: t=%s,s=%s", stamp.p, digest(a, key, stamp, body).p);
}

int
hook_send(struct hook_sender *s, struct arena *a, enum txn_gateway g, struct str body, bool cut, bool forged)
{
        CURL *c = s->curl;
        const char *url = str_fmt(a, "%s/v1/webhooks/%s", s->conf->url, txn_gateway_word(g)).p;
        struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
        long status = 0;
        CURLcode rc;

        CHECK(headers != NULL);
        CHECK(curl_slist_append(headers, "Expect:") != NULL);
        CHECK(curl_slist_append(headers, signature(s, a, g, body, forged).p) != NULL);
        CHECK(curl_slist_append(headers, g == TXN_STRIPE ?
            "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)" : "User-Agent: Go-http-client/2.0") != NULL);
        CHECK(curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK);
        CHECK(curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.p) == CURLE_OK);
        s->cut = cut;
        rc = curl_easy_perform(c);
        curl_slist_free_all(headers);
        if (rc == CURLE_OK)
                (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        return (int)status;
}
