
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_json.h>


/* the byte in each of the eight of a word */

#define NGX_ZOS_JSON_EACH(byte)  (0x0101010101010101ULL * (byte))


static u_char *ngx_zos_json_space(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_value(u_char *p, u_char *last,
    ngx_uint_t depth);
static u_char *ngx_zos_json_check_items(u_char *p, u_char *last,
    ngx_uint_t depth);
static u_char *ngx_zos_json_check_string(u_char *p, u_char *last);
static u_char *ngx_zos_json_plain(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_utf8(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_escape(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_pair(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_number(u_char *p, u_char *last);
static u_char *ngx_zos_json_check_word(u_char *p, u_char *last, char *word,
    size_t len);
static ngx_int_t ngx_zos_json_end(ngx_zos_json_iter_t *it, u_char *p);
static u_char *ngx_zos_json_key(ngx_zos_json_iter_t *it, u_char *p,
    ngx_str_t *key);
static u_char *ngx_zos_json_skip_value(u_char *p, u_char *last);
static u_char *ngx_zos_json_skip_string(u_char *p, u_char *last);
static u_char *ngx_zos_json_skip_scalar(u_char *p, u_char *last);
static u_char *ngx_zos_json_unescape(u_char *dst, u_char *src, u_char *last);
static size_t ngx_zos_json_copy(u_char *dst, u_char *src, u_char *last);


ngx_int_t
ngx_zos_json_check(ngx_str_t *text, ngx_str_t *value)
{
    u_char  *p, *start, *last;

    if (text->len == 0) {
        return NGX_ERROR;
    }

    last = text->data + text->len;

    start = ngx_zos_json_space(text->data, last);

    p = ngx_zos_json_check_value(start, last, 0);

    if (p == NULL || ngx_zos_json_space(p, last) != last) {
        return NGX_ERROR;
    }

    value->data = start;
    value->len = p - start;

    return NGX_OK;
}


ngx_uint_t
ngx_zos_json_values(ngx_str_t *text)
{
    u_char      *p, *last;
    ngx_uint_t   n, quoted;

    last = text->data + text->len;
    quoted = 0;
    n = 1;

    for (p = text->data; p < last; p++) {

        if (*p == '"') {
            quoted = !quoted;

        } else if (quoted) {
            p += (*p == '\\');

        } else if (*p == ',' || *p == '[' || *p == '{') {
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_zos_json_is_utf8(ngx_str_t *text)
{
    u_char  *p, *last;

    p = text->data;
    last = p + text->len;

    while (p < last) {

        if (*p < 0x80) {
            p++;
            continue;
        }

        p = ngx_zos_json_check_utf8(p, last);

        if (p == NULL) {
            return 0;
        }
    }

    return 1;
}


static u_char *
ngx_zos_json_space(u_char *p, u_char *last)
{
    while (p < last && *p <= ' '
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    return p;
}


/* The check functions return the end of what they checked, or NULL. */

static u_char *
ngx_zos_json_check_value(u_char *p, u_char *last, ngx_uint_t depth)
{
    if (p == last) {
        return NULL;
    }

    switch (*p) {

    case '{':
    case '[':
        if (depth == NGX_ZOS_JSON_MAX_DEPTH) {
            return NULL;
        }

        return ngx_zos_json_check_items(p, last, depth + 1);

    case '"':
        return ngx_zos_json_check_string(p, last);

    case 't':
        return ngx_zos_json_check_word(p, last, "true", 4);

    case 'f':
        return ngx_zos_json_check_word(p, last, "false", 5);

    case 'n':
        return ngx_zos_json_check_word(p, last, "null", 4);

    default:
        return ngx_zos_json_check_number(p, last);
    }
}


static u_char *
ngx_zos_json_check_items(u_char *p, u_char *last, ngx_uint_t depth)
{
    ngx_int_t            rc;
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    it.object = (*p == '{');
    it.first = 1;
    it.checked = 0;
    it.depth = depth;
    it.pos = p + 1;
    it.last = last;

    do {
        rc = ngx_zos_json_next(&it, &key, &value);
    } while (rc == NGX_OK);

    return rc == NGX_DONE ? it.pos : NULL;
}


static u_char *
ngx_zos_json_check_string(u_char *p, u_char *last)
{
    p++;

    for ( ;; ) {
        p = ngx_zos_json_plain(p, last);

        if (p == last) {
            return NULL;
        }

        if (*p == '"') {
            return p + 1;
        }

        p = (*p == '\\') ? ngx_zos_json_check_escape(p, last)
                         : ngx_zos_json_check_utf8(p, last);

        if (p == NULL) {
            return NULL;
        }
    }
}


/*
 * Behind the bytes of a string that mean themselves: no quote, no backslash,
 * no control, and nothing but ASCII.  A string may be a file or a log, so it
 * goes by words where the first byte of a word is its lowest.
 */

static u_char *
ngx_zos_json_plain(u_char *p, u_char *last)
{
#if (NGX_HAVE_LITTLE_ENDIAN)

    uint64_t  word, other;

    for ( /* void */ ; last - p >= 8; p += 8) {

        ngx_memcpy(&word, p, 8);

        /*
         * The high bit of each byte that is not plain.  A subtraction borrows
         * from the bytes behind such a one only, so the first bit is right.
         */

        other = word
                | (word - NGX_ZOS_JSON_EACH(0x20))
                | ((word ^ NGX_ZOS_JSON_EACH('"')) - NGX_ZOS_JSON_EACH(1))
                | ((word ^ NGX_ZOS_JSON_EACH('\\')) - NGX_ZOS_JSON_EACH(1));

        other &= NGX_ZOS_JSON_EACH(0x80);

        if (other) {
            return p + __builtin_ctzll(other) / 8;
        }
    }

#endif

    while (p < last && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }

    return p;
}


/* ngx_utf8_decode() lets surrogates and wrong continuation bytes pass */

static u_char *
ngx_zos_json_check_utf8(u_char *p, u_char *last)
{
    u_char      *end;
    uint32_t     code;
    ngx_uint_t   len;

    if (*p >= 0xc2 && *p < 0xe0) {
        len = 2;
        code = *p & 0x1f;

    } else if (*p >= 0xe0 && *p < 0xf0) {
        len = 3;
        code = *p & 0x0f;

    } else if (*p >= 0xf0 && *p < 0xf5) {
        len = 4;
        code = *p & 0x07;

    } else {
        return NULL;
    }

    if ((size_t) (last - p) < len) {
        return NULL;
    }

    for (end = p + len, p++; p < end; p++) {

        if ((*p & 0xc0) != 0x80) {
            return NULL;
        }

        code = (code << 6) | (*p & 0x3f);
    }

    if ((len == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000)))
        || (len == 4 && (code < 0x10000 || code > 0x10ffff)))
    {
        return NULL;
    }

    return p;
}


static u_char *
ngx_zos_json_check_escape(u_char *p, u_char *last)
{
    ngx_uint_t  i;

    p++;

    if (p == last) {
        return NULL;
    }

    switch (*p) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;

    case 'u':
        p++;

        if (last - p < 4) {
            return NULL;
        }

        for (i = 0; i < 4; i++) {
            if (ngx_hextoi(p + i, 1) == NGX_ERROR) {
                return NULL;
            }
        }

        return ngx_zos_json_check_pair(p, last);
    }

    return NULL;
}


/*
 * Half a pair of surrogates has no meaning, and many a reader refuses the text
 * for it.  The replacement character is as long.
 */

static u_char *
ngx_zos_json_check_pair(u_char *p, u_char *last)
{
    ngx_int_t  code, low;

    code = ngx_hextoi(p, 4);

    if (code < 0xd800 || code > 0xdfff) {
        return p + 4;
    }

    if (code < 0xdc00 && last - p >= 10 && p[4] == '\\' && p[5] == 'u') {
        low = ngx_hextoi(p + 6, 4);

        if (low >= 0xdc00 && low <= 0xdfff) {
            return p + 10;
        }
    }

    ngx_memcpy(p, "fffd", 4);

    return p + 4;
}


static u_char *
ngx_zos_json_check_number(u_char *p, u_char *last)
{
    u_char  *digits;

    if (*p == '-') {
        p++;
    }

    digits = p;

    while (p < last && *p >= '0' && *p <= '9') {
        p++;
    }

    if (p == digits || (*digits == '0' && p - digits > 1)) {
        return NULL;
    }

    if (p < last && *p == '.') {
        digits = ++p;

        while (p < last && *p >= '0' && *p <= '9') {
            p++;
        }

        if (p == digits) {
            return NULL;
        }
    }

    if (p < last && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < last && (*p == '+' || *p == '-')) {
            p++;
        }

        digits = p;

        while (p < last && *p >= '0' && *p <= '9') {
            p++;
        }

        if (p == digits) {
            return NULL;
        }
    }

    return p;
}


static u_char *
ngx_zos_json_check_word(u_char *p, u_char *last, char *word, size_t len)
{
    if ((size_t) (last - p) < len || ngx_strncmp(p, word, len) != 0) {
        return NULL;
    }

    return p + len;
}


ngx_zos_json_type_e
ngx_zos_json_type(ngx_str_t *value)
{
    switch (*value->data) {

    case '{':
        return NGX_ZOS_JSON_OBJECT;

    case '[':
        return NGX_ZOS_JSON_ARRAY;

    case '"':
        return NGX_ZOS_JSON_STRING;

    case 't':
        return NGX_ZOS_JSON_TRUE;

    case 'f':
        return NGX_ZOS_JSON_FALSE;

    case 'n':
        return NGX_ZOS_JSON_NULL;

    default:
        return NGX_ZOS_JSON_NUMBER;
    }
}


void
ngx_zos_json_iter(ngx_zos_json_iter_t *it, ngx_str_t *value)
{
    it->object = (*value->data == '{');
    it->first = 1;
    it->checked = 1;
    it->depth = 1;
    it->pos = value->data + 1;
    it->last = value->data + value->len;
}


ngx_int_t
ngx_zos_json_open(ngx_zos_json_iter_t *it, ngx_str_t *text)
{
    u_char     *last;
    ngx_str_t   object;

    last = text->data + text->len;

    object.data = ngx_zos_json_space(text->data, last);
    object.len = last - object.data;

    if (object.len == 0 || *object.data != '{') {
        return NGX_ERROR;
    }

    ngx_zos_json_iter(it, &object);

    it->checked = 0;

    return NGX_OK;
}


ngx_int_t
ngx_zos_json_next(ngx_zos_json_iter_t *it, ngx_str_t *key, ngx_str_t *value)
{
    u_char  *p, *last;

    last = it->last;

    p = ngx_zos_json_space(it->pos, last);

    if (p == last) {
        return NGX_ERROR;
    }

    if (*p == (it->object ? '}' : ']')) {
        return ngx_zos_json_end(it, p + 1);
    }

    if (!it->first) {
        if (*p != ',') {
            return NGX_ERROR;
        }

        p = ngx_zos_json_space(p + 1, last);
    }

    ngx_str_null(key);

    if (it->object) {
        p = ngx_zos_json_key(it, p, key);

        if (p == NULL) {
            return NGX_ERROR;
        }
    }

    value->data = p;

    p = it->checked ? ngx_zos_json_skip_value(p, last)
                    : ngx_zos_json_check_value(p, last, it->depth);

    if (p == NULL) {
        return NGX_ERROR;
    }

    value->len = p - value->data;

    it->pos = p;
    it->first = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_json_end(ngx_zos_json_iter_t *it, u_char *p)
{
    it->pos = p;

    if (it->depth == 1 && ngx_zos_json_space(p, it->last) != it->last) {
        return NGX_ERROR;
    }

    return NGX_DONE;
}


static u_char *
ngx_zos_json_key(ngx_zos_json_iter_t *it, u_char *p, ngx_str_t *key)
{
    u_char  *last;

    last = it->last;

    if (p == last || *p != '"') {
        return NULL;
    }

    key->data = p + 1;

    p = it->checked ? ngx_zos_json_skip_string(p, last)
                    : ngx_zos_json_check_string(p, last);

    if (p == NULL) {
        return NULL;
    }

    key->len = p - 1 - key->data;

    p = ngx_zos_json_space(p, last);

    if (p == last || *p != ':') {
        return NULL;
    }

    return ngx_zos_json_space(p + 1, last);
}


/*
 * The end of a value in text that has been checked: a list is walked at each
 * of its levels, and what is right at the first of them is right at all.
 */

static u_char *
ngx_zos_json_skip_value(u_char *p, u_char *last)
{
    ngx_uint_t  depth;

    for (depth = 0; p < last; p++) {

        switch (*p) {

        case '"':
            p = ngx_zos_json_skip_string(p, last);

            if (p == NULL || depth == 0) {
                return p;
            }

            p--;
            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            depth--;

            if (depth == 0) {
                return p + 1;
            }

            break;

        default:
            if (depth == 0) {
                return ngx_zos_json_skip_scalar(p, last);
            }
        }
    }

    return NULL;
}


static u_char *
ngx_zos_json_skip_string(u_char *p, u_char *last)
{
    for (p++; p < last; p++) {
        p = ngx_zos_json_plain(p, last);

        if (p == last) {
            break;
        }

        if (*p == '"') {
            return p + 1;
        }

        if (*p == '\\') {
            p++;
        }
    }

    return NULL;
}


static u_char *
ngx_zos_json_skip_scalar(u_char *p, u_char *last)
{
    while (p < last && *p > ' ' && *p != ',' && *p != '}' && *p != ']') {
        p++;
    }

    return p;
}


ngx_int_t
ngx_zos_json_get(ngx_str_t *object, const ngx_str_t *path, ngx_str_t *value)
{
    u_char               *p, *dot, *last;
    ngx_str_t             key, name, from;
    ngx_zos_json_iter_t   it;

    from = *object;
    p = path->data;
    last = p + path->len;

    for ( ;; ) {
        dot = ngx_strlchr(p, last, '.');

        name.data = p;
        name.len = (dot ? dot : last) - p;

        if (from.len == 0 || *from.data != '{') {
            break;
        }

        ngx_zos_json_iter(&it, &from);

        ngx_str_null(&from);

        while (ngx_zos_json_next(&it, &key, value) == NGX_OK) {
            if (key.len == name.len
                && ngx_memcmp(key.data, name.data, name.len) == 0)
            {
                from = *value;
                break;
            }
        }

        if (from.len == 0 || *from.data == 'n') {
            break;
        }

        if (dot == NULL) {
            *value = from;
            return NGX_OK;
        }

        p = dot + 1;
    }

    ngx_str_null(value);

    return NGX_DECLINED;
}


ngx_int_t
ngx_zos_json_string(ngx_pool_t *pool, ngx_str_t *value, ngx_str_t *text)
{
    u_char  *p, *last;

    if (value->len < 2 || *value->data != '"') {
        return NGX_DECLINED;
    }

    text->data = value->data + 1;
    text->len = value->len - 2;

    last = text->data + text->len;

    p = ngx_strlchr(text->data, last, '\\');

    if (p == NULL) {
        return NGX_OK;
    }

    /* the text without its escapes is never longer */

    p = ngx_pnalloc(pool, text->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_zos_json_unescape(p, text->data, last) - p;
    text->data = p;

    return NGX_OK;
}


static u_char *
ngx_zos_json_unescape(u_char *dst, u_char *src, u_char *last)
{
    size_t      len;
    ngx_uint_t  n;

    for ( ;; ) {
        len = ngx_zos_json_copy(dst, src, last);

        dst += len;
        src += len;

        if (src == last) {
            return dst;
        }

        src++;

        switch (*src) {

        case 'b':
            *dst++ = '\b';
            break;

        case 'f':
            *dst++ = '\f';
            break;

        case 'n':
            *dst++ = '\n';
            break;

        case 'r':
            *dst++ = '\r';
            break;

        case 't':
            *dst++ = '\t';
            break;

        case 'u':
            n = ngx_zos_json_code(&src, last);
            dst = ngx_zos_json_utf8(dst, n);
            continue;

        default:
            *dst++ = *src;
        }

        src++;
    }
}


/*
 * Copies what is before the next backslash, by words, for the reason that
 * ngx_zos_json_plain() has.  What is behind the backslash in the last word
 * fits, too: the text never gets longer.
 */

static size_t
ngx_zos_json_copy(u_char *dst, u_char *src, u_char *last)
{
    u_char  *p;

    p = src;

#if (NGX_HAVE_LITTLE_ENDIAN)

    uint64_t  word, other;

    for ( /* void */ ; last - p >= 8; p += 8, dst += 8) {

        ngx_memcpy(&word, p, 8);
        ngx_memcpy(dst, &word, 8);

        other = word ^ NGX_ZOS_JSON_EACH('\\');
        other = (other - NGX_ZOS_JSON_EACH(1)) & ~other
                & NGX_ZOS_JSON_EACH(0x80);

        if (other) {
            return p - src + __builtin_ctzll(other) / 8;
        }
    }

#endif

    while (p < last && *p != '\\') {
        *dst++ = *p++;
    }

    return p - src;
}


ngx_uint_t
ngx_zos_json_code(u_char **src, u_char *last)
{
    u_char      *p;
    ngx_uint_t   high, low;

    p = *src + 1;
    high = (ngx_uint_t) ngx_hextoi(p, 4);

    p += 4;
    *src = p;

    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }

    if (high < 0xdc00 && last - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        low = (ngx_uint_t) ngx_hextoi(p + 2, 4);

        if (low >= 0xdc00 && low < 0xe000) {
            *src = p + 6;
            return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        }
    }

    /* half a pair has no meaning: the replacement character */

    return 0xfffd;
}


u_char *
ngx_zos_json_utf8(u_char *dst, ngx_uint_t code)
{
    if (code < 0x80) {
        *dst++ = (u_char) code;
        return dst;
    }

    if (code < 0x800) {
        *dst++ = (u_char) (0xc0 | (code >> 6));

    } else {

        if (code < 0x10000) {
            *dst++ = (u_char) (0xe0 | (code >> 12));

        } else {
            *dst++ = (u_char) (0xf0 | (code >> 18));
            *dst++ = (u_char) (0x80 | ((code >> 12) & 0x3f));
        }

        *dst++ = (u_char) (0x80 | ((code >> 6) & 0x3f));
    }

    *dst++ = (u_char) (0x80 | (code & 0x3f));

    return dst;
}


ngx_int_t
ngx_zos_json_integer(ngx_str_t *value, int64_t *number)
{
    u_char      *p, *last;
    uint64_t     n;
    ngx_uint_t   negative;

    p = value->data;
    last = p + value->len;

    negative = (p < last && *p == '-');

    if (negative) {
        p++;
    }

    /* what has 19 digits fits into 64 bits, but for the sign */

    if (p == last || last - p > 19) {
        return NGX_ERROR;
    }

    for (n = 0; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (*p - '0');
    }

    if (n > (uint64_t) INT64_MAX + negative) {
        return NGX_ERROR;
    }

    *number = negative ? (int64_t) (0 - n) : (int64_t) n;

    return NGX_OK;
}
