/* address.c - which customer an IP address stands for. */
#include "base/base.h"
#include "base/address.h"
#include "base/arena.h"
#include "base/secret.h"

#include <arpa/inet.h>

struct str
address_network(struct arena *a, struct str text)
{
        const char *z = str_z(a, text);
        unsigned char v6[16];
        char v4[INET_ADDRSTRLEN];
        static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

        if (strlen(z) != text.n)
                return STR_NONE;
        if (inet_pton(AF_INET, z, v6) == 1)
                return str_dup(a, text);
        if (inet_pton(AF_INET6, z, v6) != 1)
                return STR_NONE;
        if (memcmp(v6, mapped, sizeof mapped) == 0 && inet_ntop(AF_INET, v6 + sizeof mapped, v4, sizeof v4) != NULL)
                return str_dup(a, str_of(v4));
        return hex_encode(a, v6, 8);
}
