
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What is said of answers by those who had no part in them: jansson, and the
 * tables read another way.
 */


#include "fuzz.h"

#include <math.h>


static void fuzz_plain(ngx_str_t *text, ngx_str_t *plain);
static size_t fuzz_plain_escape(u_char *p, u_char *last, u_char **dst);
static size_t fuzz_plain_number(u_char *p, u_char *last, u_char **dst);
static void fuzz_judge_members(const ngx_zos_member_t *members,
    json_t *value);
static void fuzz_judge_member(const ngx_zos_member_t *member, json_t *value);
static ngx_uint_t fuzz_has(ngx_str_t *text, u_char *data, size_t len);


json_t *
fuzz_json(ngx_str_t *text)
{
    json_t     *json;
    ngx_str_t   plain;

    /* jansson leaves out a zero byte behind a number */

    if (text->len && memchr(text->data, '\0', text->len)) {
        return NULL;
    }

    fuzz_plain(text, &plain);

    json = json_loadb((char *) plain.data, plain.len,
                      JSON_DECODE_ANY, NULL);
    free(plain.data);

    return json;
}


/* a copy that jansson can have values for; what is no JSON stays none */

static void
fuzz_plain(ngx_str_t *text, ngx_str_t *plain)
{
    u_char      *p, *last, *dst;
    size_t       n;
    ngx_uint_t   string;

    dst = malloc(2 * text->len + 1);
    fuzz_assert(dst);

    plain->data = dst;

    p = text->data;
    last = p + text->len;
    string = 0;

    while (p < last) {
        n = 0;

        if (string && *p == '\\') {
            n = fuzz_plain_escape(p, last, &dst);

        } else if (!string && (*p == '-' || (*p >= '0' && *p <= '9'))) {
            n = fuzz_plain_number(p, last, &dst);

        } else if (*p == '"') {
            string = !string;
        }

        if (n == 0) {
            *dst++ = *p;
            n = 1;
        }

        p += n;
    }

    plain->len = dst - plain->data;
}


static ngx_int_t
fuzz_plain_code(u_char *p, u_char *last)
{
    if (last - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return NGX_ERROR;
    }

    return ngx_hextoi(p + 2, 4);
}


static size_t
fuzz_plain_escape(u_char *p, u_char *last, u_char **dst)
{
    ngx_int_t  code, low;

    code = fuzz_plain_code(p, last);

    if (code >= 0xd800 && code < 0xe000) {
        low = fuzz_plain_code(p + 6, last);

        if (code >= 0xdc00 || low < 0xdc00 || low > 0xdfff) {
            *dst = ngx_cpymem(*dst, "\\ufffd", 6);
            return 6;
        }

        *dst = ngx_cpymem(*dst, p, 12);
        return 12;
    }

    if (code == 0) {
        *dst = ngx_cpymem(*dst, "\\ufffd", 6);
        return 6;
    }

    /* whatever is escaped is not the end */

    if (last - p < 2) {
        return 0;
    }

    *dst = ngx_cpymem(*dst, p, 2);

    return 2;
}


/* numbers that are too large for it become 0, if they are numbers */

static size_t
fuzz_plain_number(u_char *p, u_char *last, u_char **dst)
{
    u_char  *start, *digits, *end;
    double   value;
    char     number[64];
    size_t   len, run;

    start = p;

    while (p < last && ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+'
                        || *p == '.' || *p == 'e' || *p == 'E'))
    {
        p++;
    }

    len = p - start;
    digits = start + (*start == '-');

    for (end = digits; end < p && *end >= '0' && *end <= '9'; end++) {
        /* void */
    }

    if (end == p && end - digits > 18 && *digits != '0') {
        *(*dst)++ = '9';
        return len;
    }

    /* the exponent's digits do not matter, that there are some does */

    if (len < sizeof(number)) {
        memcpy(number, start, len);
        number[len] = '\0';
        value = strtod(number, NULL);

    } else {
        value = INFINITY;
    }

    end = ngx_strlchr(start, p, 'e');
    end = end ? end : ngx_strlchr(start, p, 'E');

    if (end == NULL || (value < 1e300 && value > -1e300)) {
        *dst = ngx_cpymem(*dst, start, len);
        return len;
    }

    /* a mantissa of 300 digits is beyond its type, too */

    for (run = 0; start < end; start++) {
        run = (*start >= '0' && *start <= '9') ? run + 1 : 0;

        if (run <= 40) {
            *(*dst)++ = *start;
        }
    }

    *(*dst)++ = *end++;

    if (end < p && (*end == '+' || *end == '-')) {
        *(*dst)++ = *end++;
    }

    if (end == p) {
        return len;
    }

    *(*dst)++ = '1';

    while (end < p && *end >= '0' && *end <= '9') {
        end++;
    }

    /* what is left is no number */

    *dst = ngx_cpymem(*dst, end, p - end);

    return len;
}


/* ---- views ---- */

void
fuzz_judge_view(const ngx_zos_view_t *view, json_t *value)
{
    size_t   i;
    json_t  *item;

    switch (view->shape) {

    case NGX_ZOS_VIEW_OBJECT:
    case NGX_ZOS_VIEW_FIRST:
        fuzz_judge_members(view->members, value);
        return;

    case NGX_ZOS_VIEW_BOOLEAN:
        fuzz_assert(json_is_boolean(value));
        return;

    case NGX_ZOS_VIEW_MAP:
        fuzz_assert(json_is_object(value));
        return;

    case NGX_ZOS_VIEW_BYTES:
        return;
    }

    fuzz_assert(json_is_array(value));

    if (view->shape == NGX_ZOS_VIEW_WRAPPED) {
        fuzz_assert(json_array_size(value) == 1);
    }

    json_array_foreach(value, i, item) {

        if (view->shape == NGX_ZOS_VIEW_NAMES) {
            fuzz_assert(json_is_string(item));

        } else {
            fuzz_judge_members(view->members, item);
        }
    }
}


static void
fuzz_judge_members(const ngx_zos_member_t *members, json_t *value)
{
    size_t                   n;
    json_t                  *member;
    const ngx_zos_member_t  *m;

    fuzz_assert(json_is_object(value));

    n = 0;

    for (m = members; m->name.len; m++) {
        member = json_object_get(value, (char *) m->name.data);

        if (member == NULL) {
            fuzz_assert(m->optional);
            continue;
        }

        n++;
        fuzz_judge_member(m, member);
    }

    /* nothing that is not documented */

    fuzz_assert(json_object_size(value) == n);
}


static void
fuzz_judge_member(const ngx_zos_member_t *member, json_t *value)
{
    size_t   i;
    json_t  *item;

    switch (member->type) {

    case NGX_ZOS_STRING:
        fuzz_assert(json_is_string(value));
        return;

    case NGX_ZOS_INTEGER:
        fuzz_assert(json_is_integer(value));
        return;

    case NGX_ZOS_NUMBER:
        fuzz_assert(json_is_number(value));
        return;

    case NGX_ZOS_BOOLEAN:
        fuzz_assert(json_is_boolean(value));
        return;

    case NGX_ZOS_OBJECT:
        fuzz_judge_members(member->members, value);
        return;

    case NGX_ZOS_MAP:
        fuzz_assert(json_is_object(value)
                    || (member->nullable && json_is_null(value)));
        return;
    }

    fuzz_assert(json_is_array(value));

    json_array_foreach(value, i, item) {

        switch (member->type) {

        case NGX_ZOS_STRINGS:
            fuzz_assert(json_is_string(item));
            break;

        case NGX_ZOS_NUMBERS:
            fuzz_assert(json_is_number(item));
            break;

        default: /* NGX_ZOS_OBJECTS */
            fuzz_judge_members(member->members, item);
        }
    }
}


void
fuzz_judge_numbers(ngx_str_t *text, ngx_str_t *source)
{
    u_char      *p, *start, *last;
    ngx_uint_t   string;

    last = text->data + text->len;
    string = 0;

    for (p = text->data; p < last; p++) {

        if (string && *p == '\\') {
            p++;
            continue;
        }

        if (*p == '"') {
            string = !string;
        }

        if (string || *p < '0' || *p > '9') {
            continue;
        }

        start = p;

        while (p < last && *p >= '0' && *p <= '9') {
            p++;
        }

        if (p - start > 9) {
            fuzz_assert(fuzz_has(source, start, p - start));
        }
    }
}


static ngx_uint_t
fuzz_has(ngx_str_t *text, u_char *data, size_t len)
{
    return len <= text->len
           && memmem(text->data, text->len, data, len) != NULL;
}


void
fuzz_judge_answer(const ngx_zos_op_t *op)
{
    json_t          *json;
    ngx_str_t       *body;
    ngx_uint_t       status;
    ngx_zos_flow_t  *f;

    f = fuzz_answer.flow;
    body = &fuzz_answer.body;

    fuzz_assert(fuzz_answer.finalized);

    if (f == NULL || f->gone || !fuzz_answer.sent || f->headers
        || body->len == 0)
    {
        /* nothing was answered, or a stream */
        return;
    }

    /* a flow that has answered goes on, and may come to something else */

    status = fuzz_answer.request->headers_out.status;

    fuzz_assert(status >= 200 && status < 600);
    fuzz_assert(f->answered || f->status == status);

    json = fuzz_json(body);
    fuzz_assert(json);

    if (status >= 400) {
        fuzz_assert(f->error.len);
        fuzz_assert(json_object_size(json) == 1);
        fuzz_assert(json_is_string(json_object_get(json, "error")));
        fuzz_assert(body->len < 6 * 512 + 32);

    } else if (f->op == op && op->view && status != NGX_HTTP_ACCEPTED) {
        fuzz_judge_view(op->view, json);
    }

    json_decref(json);
}
