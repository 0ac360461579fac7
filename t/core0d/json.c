/*
 * JSON text as Go's encoder writes it: members in their order, shortest
 * floats, <, > and & escaped, broken UTF-8 replaced.  The real agent is a Go
 * program, and a client has to cope with exactly this spelling.
 */

#include "core0d.h"

#include <math.h>


/* Length of the UTF-8 character at s, 0 when it is none. */

static size_t
utf8_len(const unsigned char *s, size_t len)
{
    size_t    i, n;
    uint32_t  c;

    n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
        : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

    if (n == 0 || n > len) {
        return 0;
    }

    c = n == 1 ? s[0] : s[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (s[i] & 0x3f);
    }

    if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
        || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
    {
        return 0;
    }

    return n;
}


static void
quote_special(buf_t *b, const char *s, size_t n)
{
    switch (n == 1 ? *s : 0) {
    case '"':
    case '\\':
        buf_printf(b, "\\%c", *s);
        return;
    case '\n':
        buf_puts(b, "\\n");
        return;
    case '\r':
        buf_puts(b, "\\r");
        return;
    case '\t':
        buf_puts(b, "\\t");
        return;
    }

    buf_printf(b, "\\u%04x", n == 3 ? (unsigned char) s[2] == 0xa8 ? 0x2028
               : 0x2029 : (unsigned char) *s);
}


void
json_quote(buf_t *b, const char *s, size_t len)
{
    const char  *start = s, *end = s + len;
    size_t       n;

    buf_add(b, "\"", 1);

    for ( ; s < end; s += n ? n : 1) {
        n = utf8_len((const unsigned char *) s, end - s);

        if ((n == 1 && (unsigned char) *s >= 0x20
             && strchr("\"\\<>&", *s) == NULL)
            || n == 2 || n == 4
            || (n == 3 && memcmp(s, "\xe2\x80\xa8", 3) != 0
                && memcmp(s, "\xe2\x80\xa9", 3) != 0))
        {
            continue;
        }

        buf_add(b, start, s - start);
        start = s + (n ? n : 1);

        if (n == 0) {
            buf_puts(b, "\\ufffd");
            continue;
        }

        quote_special(b, s, n);
    }

    buf_add(b, start, end - start);
    buf_add(b, "\"", 1);
}


static void
write_real(buf_t *b, double v)
{
    char    text[64];
    int     digits;
    double  a = fabs(v);

    for (digits = 1; digits < 17; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, v);

        if (strtod(text, NULL) == v) {
            break;
        }
    }

    if (a != 0 && (a < 1e-6 || a >= 1e21)) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, v);
        buf_puts(b, text);
        return;
    }

    digits -= a == 0 ? 0 : (int) floor(log10(a)) + 1;
    snprintf(text, sizeof(text), "%.*f", digits > 0 ? digits : 0, v);

    if (strchr(text, '.')) {
        while (text[strlen(text) - 1] == '0') {
            text[strlen(text) - 1] = '\0';
        }

        if (text[strlen(text) - 1] == '.') {
            text[strlen(text) - 1] = '\0';
        }
    }

    buf_puts(b, text);
}


static void
write_object(buf_t *b, const json_t *v)
{
    const char  *key, *comma = "";
    json_t      *item;

    buf_puts(b, "{");

    json_object_foreach((json_t *) v, key, item) {
        buf_puts(b, comma);
        json_quote(b, key, strlen(key));
        buf_puts(b, ":");
        json_write(b, item);
        comma = ",";
    }

    buf_puts(b, "}");
}


static void
write_array(buf_t *b, const json_t *v)
{
    size_t   i;
    json_t  *item;

    buf_puts(b, "[");

    json_array_foreach(v, i, item) {
        if (i) {
            buf_puts(b, ",");
        }

        json_write(b, item);
    }

    buf_puts(b, "]");
}


void
json_write(buf_t *b, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        write_object(b, v);
        break;
    case JSON_ARRAY:
        write_array(b, v);
        break;
    case JSON_STRING:
        json_quote(b, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        buf_printf(b, "%lld", (long long) json_integer_value(v));
        break;
    case JSON_REAL:
        write_real(b, json_real_value(v));
        break;
    default:
        buf_puts(b, json_is_true(v) ? "true" : json_is_false(v) ? "false"
                 : "null");
    }
}


/* To be freed. */

char *
json_text(const json_t *v)
{
    buf_t  b = { 0 };

    json_write(&b, v);

    return b.data;
}


/* Texts of the machine may be broken UTF-8; json_quote() mends them. */

json_t *
json_strn(const char *s, size_t len)
{
    return json_stringn_nocheck(s, len);
}


json_t *
json_str(const char *s)
{
    return s ? json_strn(s, strlen(s)) : json_null();
}


json_t *
json_flag(int value)
{
    return value ? json_true() : json_false();
}


void
json_put(json_t *o, const char *key, json_t *v)
{
    json_object_set_new_nocheck(o, key, v);
}


const char *
json_string_at(const json_t *o, const char *key, const char *def)
{
    const json_t  *v = json_object_get(o, key);

    return json_is_string(v) ? json_string_value(v) : def;
}


int64_t
json_int_at(const json_t *o, const char *key, int64_t def)
{
    const json_t  *v = json_object_get(o, key);

    return json_is_integer(v) ? json_integer_value(v)
           : json_is_real(v) ? (int64_t) json_real_value(v) : def;
}
