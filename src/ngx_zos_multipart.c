
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_multipart.h>


typedef enum {
    NGX_ZOS_MP_PREAMBLE = 0,
    NGX_ZOS_MP_DELIMITER,        /* what is behind it */
    NGX_ZOS_MP_DASH,
    NGX_ZOS_MP_LINE_END,
    NGX_ZOS_MP_HEADERS,
    NGX_ZOS_MP_CONTENT,          /* of the part that is wanted */
    NGX_ZOS_MP_SKIP,             /* of another one */
    NGX_ZOS_MP_EPILOGUE
} ngx_zos_multipart_state_e;


static ngx_int_t ngx_zos_multipart_content(ngx_zos_multipart_t *mp,
    u_char **src, u_char *last, u_char **dst, u_char *end);
static ngx_int_t ngx_zos_multipart_byte(ngx_zos_multipart_t *mp, u_char ch);
static ngx_int_t ngx_zos_multipart_header(ngx_zos_multipart_t *mp,
    u_char ch);
static ngx_uint_t ngx_zos_multipart_is_file(ngx_zos_multipart_t *mp);
static ngx_int_t ngx_zos_multipart_param(u_char *p, u_char *last,
    char *name, ngx_str_t *value);


ngx_int_t
ngx_zos_multipart_init(ngx_zos_multipart_t *mp, ngx_str_t *type)
{
    ngx_str_t  boundary;

    ngx_memzero(mp, offsetof(ngx_zos_multipart_t, headers));

    if (ngx_zos_multipart_param(type->data, type->data + type->len,
                                "boundary", &boundary)
        != NGX_OK
        || boundary.len == 0
        || boundary.len > NGX_ZOS_MULTIPART_MAX_BOUNDARY)
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(mp->delimiter, "\r\n--", 4);
    ngx_memcpy(mp->delimiter + 4, boundary.data, boundary.len);

    mp->delimiter_len = boundary.len + 4;

    /* the first delimiter may be the start of the body */

    mp->matched = 2;

    return NGX_OK;
}


ngx_int_t
ngx_zos_multipart(ngx_zos_multipart_t *mp, u_char **src, u_char *last,
    u_char **dst, u_char *end)
{
    ngx_int_t  rc;

    while (*src < last) {

        switch (mp->state) {

        case NGX_ZOS_MP_PREAMBLE:
        case NGX_ZOS_MP_CONTENT:
        case NGX_ZOS_MP_SKIP:
            rc = ngx_zos_multipart_content(mp, src, last, dst, end);
            break;

        case NGX_ZOS_MP_EPILOGUE:
            *src = last;
            return NGX_OK;

        default:
            rc = ngx_zos_multipart_byte(mp, *(*src)++);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/*
 * A delimiter begins with the only CR in it, so what has matched so far and
 * then does not go on is content, and the byte that broke it may only begin
 * another one.
 */

static ngx_int_t
ngx_zos_multipart_content(ngx_zos_multipart_t *mp, u_char **src,
    u_char *last, u_char **dst, u_char *end)
{
    u_char  *p;
    size_t   len;

    p = *src;

    if (mp->matched) {

        if (*p == mp->delimiter[mp->matched]) {
            *src = p + 1;

            if (++mp->matched == mp->delimiter_len) {
                mp->complete |= (mp->state == NGX_ZOS_MP_CONTENT);
                mp->matched = 0;
                mp->state = NGX_ZOS_MP_DELIMITER;
            }

            return NGX_OK;
        }

        if (mp->state == NGX_ZOS_MP_CONTENT) {

            if ((size_t) (end - *dst) < mp->matched) {
                return NGX_AGAIN;
            }

            *dst = ngx_cpymem(*dst, mp->delimiter, mp->matched);
        }

        mp->matched = 0;
    }

    p = ngx_strlchr(*src, last, CR);
    len = (p ? p : last) - *src;

    if (mp->state == NGX_ZOS_MP_CONTENT) {

        if (len && *dst == end) {
            return NGX_AGAIN;
        }

        len = ngx_min(len, (size_t) (end - *dst));

        *dst = ngx_cpymem(*dst, *src, len);
    }

    *src += len;

    if (*src == p) {
        (*src)++;
        mp->matched = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_multipart_byte(ngx_zos_multipart_t *mp, u_char ch)
{
    switch (mp->state) {

    case NGX_ZOS_MP_DELIMITER:

        if (ch == '-') {
            mp->state = NGX_ZOS_MP_DASH;

        } else if (ch == CR) {
            mp->state = NGX_ZOS_MP_LINE_END;

        } else if (ch != ' ' && ch != '\t') {
            return NGX_ERROR;
        }

        return NGX_OK;

    case NGX_ZOS_MP_DASH:
        mp->state = NGX_ZOS_MP_EPILOGUE;

        return ch == '-' ? NGX_OK : NGX_ERROR;

    case NGX_ZOS_MP_LINE_END:
        mp->state = NGX_ZOS_MP_HEADERS;
        mp->headers_len = 0;

        return ch == LF ? NGX_OK : NGX_ERROR;

    default: /* NGX_ZOS_MP_HEADERS */
        return ngx_zos_multipart_header(mp, ch);
    }
}


static ngx_int_t
ngx_zos_multipart_header(ngx_zos_multipart_t *mp, u_char ch)
{
    size_t  len;

    if (mp->headers_len == NGX_ZOS_MULTIPART_MAX_HEADERS) {
        return NGX_ERROR;
    }

    mp->headers[mp->headers_len++] = ch;
    len = mp->headers_len;

    if (ch != LF) {
        return NGX_OK;
    }

    if (!(len == 2 && mp->headers[0] == CR)
        && !(len >= 4 && ngx_strncmp(&mp->headers[len - 4], "\r\n\r\n", 4)
                         == 0))
    {
        return NGX_OK;
    }

    if (!mp->found && ngx_zos_multipart_is_file(mp)) {
        mp->found = 1;
        mp->state = NGX_ZOS_MP_CONTENT;

    } else {
        mp->state = NGX_ZOS_MP_SKIP;
    }

    /* an empty part's delimiter takes the line end of the headers */

    mp->matched = 0;

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_multipart_is_file(ngx_zos_multipart_t *mp)
{
    u_char     *p, *end, *last;
    ngx_str_t   name;

    last = mp->headers + mp->headers_len;

    for (p = mp->headers; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, LF);
        end = end ? end : last;

        if (end - p > 20
            && ngx_strncasecmp(p, (u_char *) "Content-Disposition:", 20) == 0)
        {
            return ngx_zos_multipart_param(p + 20, end, "name", &name)
                   == NGX_OK
                   && name.len == 4
                   && ngx_strncmp(name.data, "file", 4) == 0;
        }
    }

    return 0;
}


/* ; name=value or ; name="value", where values may have all of it in them */

static ngx_int_t
ngx_zos_multipart_param(u_char *p, u_char *last, char *name,
    ngx_str_t *value)
{
    size_t      len;
    ngx_uint_t  quoted;

    len = ngx_strlen(name);

    for ( ;; ) {

        for (quoted = 0; p < last && (quoted || *p != ';'); p++) {

            if (*p == '"') {
                quoted = !quoted;

            } else if (*p == '\\' && quoted && last - p > 1) {
                p++;
            }
        }

        if (p == last) {
            return NGX_DECLINED;
        }

        for (p++; p < last && (*p == ' ' || *p == '\t'); p++) { /* void */ }

        if ((size_t) (last - p) > len && p[len] == '='
            && ngx_strncasecmp(p, (u_char *) name, len) == 0)
        {
            break;
        }
    }

    p += len + 1;
    quoted = (p < last && *p == '"');

    value->data = p + quoted;

    for (p += quoted; p < last; p++) {
        if (quoted ? *p == '"' : (*p == ';' || *p <= ' ')) {
            break;
        }
    }

    value->len = p - value->data;

    return quoted && p == last ? NGX_DECLINED : NGX_OK;
}
