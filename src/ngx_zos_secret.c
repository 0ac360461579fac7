
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What AYS says about a failure is made for its own log: tracebacks, several
 * lines, and the values it was given.  Callers get one line of it, without
 * what the fields of the operation call secret.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>
#include <ngx_zos_json.h>

#include <jansson.h>


#define NGX_ZOS_SECRET_LINE   4      /* shorter ones say nothing */
#define NGX_ZOS_SECRET_LINES  1000   /* of a secret, each is looked for */
#define NGX_ZOS_SECRET_TEXT   4096   /* is searched; less is ever shown */


static void ngx_zos_secret_object(ngx_str_t *text,
    const ngx_zos_field_t *fields, json_t *object);
static void ngx_zos_secret_member(ngx_str_t *text,
    const ngx_zos_field_t *field, json_t *value);
static void ngx_zos_secret_mask(ngx_str_t *text, json_t *value);
static void ngx_zos_secret_stored(ngx_zos_flow_t *f, ngx_str_t *text);
static void ngx_zos_secret_lines(ngx_str_t *text, ngx_str_t *secret);
static ngx_int_t ngx_zos_secret_password(ngx_str_t *url);
static u_char *ngx_zos_secret_last_at(u_char *p, u_char *last);
static void ngx_zos_secret_urls(ngx_str_t *text);
static void ngx_zos_secret_cover(ngx_str_t *text, ngx_str_t *secret);
static u_char *ngx_zos_secret_at(u_char *p, u_char *last, ngx_str_t *secret);
static size_t ngx_zos_secret_char(u_char **src, u_char *last, u_char *bytes);
static void ngx_zos_secret_cut(ngx_str_t *text, ngx_uint_t traceback);
static void ngx_zos_secret_one_line(ngx_str_t *text, ngx_uint_t traceback);


/* changes the text where it is: it is a copy */

void
ngx_zos_ays_clean(ngx_zos_flow_t *f, ngx_str_t *text)
{
    u_char      *p;
    ngx_uint_t   sent, stored, traceback;

    sent = f->json && f->op->body;
    stored = f->op->ays && f->op->ays->stored && f->service.len;

    /* the last line of a traceback says what was wrong; others say it first */

    traceback = ngx_strnstr(text->data, "Traceback", text->len) != NULL;

    if (sent || stored) {
        ngx_zos_secret_cut(text, traceback);
    }

    p = ngx_pstrdup(f->request->pool, text);

    if (p == NULL) {
        ngx_str_null(text);
        return;
    }

    text->data = p;

    if (sent) {
        ngx_zos_secret_object(text, f->op->body, f->json);
    }

    if (stored) {
        ngx_zos_secret_stored(f, text);
    }

    ngx_zos_secret_urls(text);

    /* not before: a secret may have lines, too */

    ngx_zos_secret_one_line(text, traceback);
}


/* long secrets in a long text would take long; a part of a line is nothing */

static void
ngx_zos_secret_cut(ngx_str_t *text, ngx_uint_t traceback)
{
    u_char  *p, *last;

    last = text->data + text->len;

    while (last > text->data && last[-1] <= ' ') {
        last--;
    }

    text->len = last - text->data;

    if (text->len <= NGX_ZOS_SECRET_TEXT) {
        return;
    }

    if (!traceback) {
        text->len = NGX_ZOS_SECRET_TEXT;
        return;
    }

    p = ngx_strlchr(last - NGX_ZOS_SECRET_TEXT, last, LF);

    text->data = p ? p + 1 : last;
    text->len = last - text->data;
}


/* AYS gets that back when a part of the service is changed */

static void
ngx_zos_secret_stored(ngx_zos_flow_t *f, ngx_str_t *text)
{
    json_t  *data;

    data = ngx_zos_service_data(f);

    if (data == NULL) {
        ngx_str_null(text);
        return;
    }

    ngx_zos_secret_object(text, f->op->ays->stored, data);
}


static void
ngx_zos_secret_one_line(ngx_str_t *text, ngx_uint_t traceback)
{
    u_char  *p, *last;

    last = text->data + text->len;

    while (last > text->data && last[-1] <= ' ') {
        last--;
    }

    text->len = last - text->data;

    if (!traceback) {
        p = ngx_strlchr(text->data, last, LF);

        if (p) {
            text->len = p - text->data;
        }

        return;
    }

    for (p = last; p > text->data && p[-1] != LF; p--) { /* void */ }

    while (p < last && *p == ' ') {
        p++;
    }

    text->data = p;
    text->len = last - p;
}


static void
ngx_zos_secret_object(ngx_str_t *text, const ngx_zos_field_t *fields,
    json_t *object)
{
    size_t                  i;
    json_t                 *value, *item;
    const ngx_zos_field_t  *field;

    for (field = fields; field->name.len; field++) {
        value = ngx_zos_schema_get(object, field);

        if (json_is_array(value)) {
            json_array_foreach(value, i, item) {
                ngx_zos_secret_member(text, field, item);
            }

        } else {
            ngx_zos_secret_member(text, field, value);
        }
    }
}


static void
ngx_zos_secret_member(ngx_str_t *text, const ngx_zos_field_t *field,
    json_t *value)
{
    if (field->secret) {
        ngx_zos_secret_mask(text, value);

    } else if (field->fields && json_is_object(value)) {
        ngx_zos_secret_object(text, field->fields, value);
    }
}


static void
ngx_zos_secret_mask(ngx_str_t *text, json_t *value)
{
    size_t       i;
    json_t      *item;
    ngx_str_t    secret;
    const char  *key;

    json_object_foreach(value, key, item) {
        ngx_zos_secret_mask(text, item);
    }

    json_array_foreach(value, i, item) {
        ngx_zos_secret_mask(text, item);
    }

    if (!json_is_string(value) || json_string_length(value) == 0) {
        return;
    }

    secret.data = (u_char *) json_string_value(value);
    secret.len = json_string_length(value);

    /* URLs are sent to AYS without slashes at the end */

    while (secret.len > 1 && secret.data[secret.len - 1] == '/') {
        secret.len--;
    }

    ngx_zos_secret_cover(text, &secret);
    ngx_zos_secret_lines(text, &secret);

    if (ngx_zos_secret_password(&secret) == NGX_OK) {
        ngx_zos_secret_cover(text, &secret);
    }
}


/* a text may have some of them only, or other ends */

static void
ngx_zos_secret_lines(ngx_str_t *text, ngx_str_t *secret)
{
    u_char      *p, *end, *last;
    ngx_str_t    line;
    ngx_uint_t   n;

    last = secret->data + secret->len;
    n = 0;

    if (ngx_strlchr(secret->data, last, LF) == NULL) {
        return;
    }

    for (p = secret->data; p < last; p = end + 1) {

        if (n++ == NGX_ZOS_SECRET_LINES) {
            text->len = 0;
            return;
        }

        end = ngx_strlchr(p, last, LF);
        end = end ? end : last;

        line.data = p;
        line.len = end - p;

        if (line.len && line.data[line.len - 1] == CR) {
            line.len--;
        }

        if (line.len >= NGX_ZOS_SECRET_LINE) {
            ngx_zos_secret_cover(text, &line);
        }
    }
}


/*
 * Of a URL: it may be in a text without the rest.  Who has a "/" or an "@" in
 * a password should have encoded it, but what is not a URL is not told, too.
 */

static ngx_int_t
ngx_zos_secret_password(ngx_str_t *url)
{
    u_char  *p, *last, *end, *at;

    last = url->data + url->len;

    p = ngx_strnstr(url->data, "://", url->len);
    p = p ? p + 3 : url->data;

    end = ngx_strlchr(p, last, '/');
    at = ngx_zos_secret_last_at(p, end ? end : last);
    at = at ? at : ngx_zos_secret_last_at(p, last);
    p = at ? ngx_strlchr(p, at, ':') : NULL;

    if (p == NULL || p + 1 == at) {
        return NGX_DECLINED;
    }

    url->data = p + 1;
    url->len = at - url->data;

    return NGX_OK;
}


static u_char *
ngx_zos_secret_last_at(u_char *p, u_char *last)
{
    while (last > p) {
        if (*--last == '@') {
            return last;
        }
    }

    return NULL;
}


/* whatever URLs there are: runs are told of without knowing what they had */

static void
ngx_zos_secret_urls(ngx_str_t *text)
{
    u_char     *p, *last, *end;
    ngx_str_t   url;

    last = text->data + text->len;

    for (p = text->data; p < last; p = end) {

        p = ngx_strnstr(p, "://", last - p);

        if (p == NULL) {
            return;
        }

        for (end = p + 3; end < last && *end > ' ' && *end != '/'; end++) {
            /* void */
        }

        url.data = p;
        url.len = end - p;

        if (ngx_zos_secret_password(&url) == NGX_OK) {
            ngx_memset(url.data, '*', url.len);
        }
    }
}


static void
ngx_zos_secret_cover(ngx_str_t *text, ngx_str_t *secret)
{
    u_char  *p, *last, *end;

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {
        end = ngx_zos_secret_at(p, last, secret);

        if (end) {
            ngx_memset(p, '*', end - p);
        }
    }
}


/*
 * As it is, or in the quotes of JSON or of Python; its end, or NULL.  The text
 * may have been cut in it.
 */

static u_char *
ngx_zos_secret_at(u_char *p, u_char *last, ngx_str_t *secret)
{
    size_t   n;
    u_char  *s, *end, bytes[4];

    s = secret->data;
    end = s + secret->len;

    if ((size_t) (last - p) >= secret->len
        && ngx_memcmp(p, s, secret->len) == 0)
    {
        return p + secret->len;
    }

    while (s < end) {

        if (p == last) {
            return s - secret->data >= NGX_ZOS_SECRET_TEXT / 4 ? p : NULL;
        }

        n = ngx_zos_secret_char(&p, last, bytes);

        if ((size_t) (end - s) < n || ngx_memcmp(s, bytes, n) != 0) {
            return NULL;
        }

        s += n;
    }

    return p;
}


/* the bytes that one, perhaps with a backslash, stands for */

static size_t
ngx_zos_secret_char(u_char **src, u_char *last, u_char *bytes)
{
    u_char  *p;

    p = *src;

    if (*p != '\\' || last - p < 2) {
        *bytes = *p;
        *src = p + 1;
        return 1;
    }

    p++;

    switch (*p) {

    case 'n':
        *bytes = LF;
        break;

    case 'r':
        *bytes = CR;
        break;

    case 't':
        *bytes = '\t';
        break;

    case 'u':
        if (last - p >= 5 && ngx_hextoi(p + 1, 4) != NGX_ERROR) {
            *src = p;
            return ngx_zos_json_utf8(bytes, ngx_zos_json_code(src, last))
                   - bytes;
        }

        /* fall through */

    default:
        *bytes = *p;
    }

    *src = p + 1;

    return 1;
}
