/* Base64, standard alphabet, padded; line breaks are tolerated on input. */

#include "files.h"


static const char  alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


/* To be freed. */

char *
base64_encode(const char *data, size_t len)
{
    char                 *s = xalloc((len + 2) / 3 * 4 + 1), *p = s;
    size_t                n;
    uint32_t              v;
    const unsigned char  *d = (const unsigned char *) data;

    for ( ; len; d += n, len -= n) {
        n = len < 3 ? len : 3;
        v = d[0] << 16 | (n > 1 ? d[1] << 8 : 0) | (n > 2 ? d[2] : 0);
        *p++ = alphabet[v >> 18];
        *p++ = alphabet[v >> 12 & 63];
        *p++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
        *p++ = n > 2 ? alphabet[v & 63] : '=';
    }

    return s;
}


static int
value_of(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62
           : c == '/' ? 63 : -1;
}


/* To be freed; NULL: *bad is the place of the first wrong byte. */

char *
base64_decode(const char *s, size_t len, size_t *out, size_t *bad)
{
    int        n;
    char      *data = xalloc(len / 4 * 3 + 4), *p = data;
    size_t     i, digits = 0, pads = 0;
    uint32_t   v = 0;

    for (i = 0; i < len; i++) {
        if (s[i] == '\n' || s[i] == '\r') {
            continue;
        }

        n = value_of(s[i]);

        if (s[i] == '=' && digits % 4 + pads < 4 && digits % 4 >= 2) {
            pads++;
            continue;
        }

        if (n == -1 || pads) {
            goto wrong;
        }

        v = v << 6 | n;

        if (++digits % 4 == 0) {
            *p++ = v >> 16;
            *p++ = v >> 8;
            *p++ = v;
        }
    }

    if ((digits + pads) % 4) {
        goto wrong;
    }

    if (pads) {
        v <<= 6 * pads;
        *p++ = v >> 16;

        if (pads == 1) {
            *p++ = v >> 8;
        }
    }

    *out = p - data;
    return data;

wrong:

    *bad = i;
    free(data);
    return NULL;
}
