
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Projections: what a backend answered, as the members that the API
 * documents.  Values are copied as they are spelled, digit by digit.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


#define NGX_ZOS_VIEW_MAX_MEMBERS   24
#define NGX_ZOS_VIEW_MAX_ELEMENTS  262144


typedef struct {
    ngx_str_t   value;
    ngx_str_t   key[2];
} ngx_zos_view_element_t;


static ngx_int_t ngx_zos_view_source(ngx_zos_flow_t *f,
    const ngx_zos_view_t *view, ngx_str_t *source, ngx_str_t *list);
static ngx_int_t ngx_zos_view_list(ngx_zos_flow_t *f,
    const ngx_zos_view_t *view, ngx_str_t *list, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_view_sorted(ngx_zos_flow_t *f,
    const ngx_zos_view_t *view, ngx_str_t *list, ngx_array_t *elements);
static int ngx_libc_cdecl ngx_zos_view_compare(const void *one,
    const void *two);
static ngx_int_t ngx_zos_view_compare_key(const ngx_str_t *one,
    const ngx_str_t *two);
static ngx_int_t ngx_zos_view_first(ngx_zos_flow_t *f,
    const ngx_zos_view_t *view, ngx_str_t *list, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_view_name(ngx_zos_flow_t *f,
    const ngx_zos_member_t *member, ngx_str_t *source, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_view_object(ngx_zos_flow_t *f,
    const ngx_zos_member_t *members, ngx_str_t *source, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_view_values(const ngx_zos_member_t *members,
    ngx_str_t *source, ngx_str_t *values);
static ngx_int_t ngx_zos_view_value(ngx_zos_flow_t *f,
    const ngx_zos_member_t *member, ngx_str_t *value, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_view_scalar(const ngx_zos_member_t *member,
    ngx_str_t *value, ngx_zos_out_t *out);
static ngx_uint_t ngx_zos_view_digits(u_char *p, size_t len);
static ngx_int_t ngx_zos_view_array(ngx_zos_flow_t *f,
    const ngx_zos_member_t *member, ngx_str_t *value, ngx_zos_out_t *out);


ngx_int_t
ngx_zos_view(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *source, ngx_str_t *text)
{
    ngx_int_t      rc;
    ngx_str_t      list;
    ngx_zos_out_t  out;

    if (view->shape == NGX_ZOS_VIEW_MAP) {

        if (ngx_zos_json_type(source) != NGX_ZOS_JSON_OBJECT) {
            return NGX_DECLINED;
        }

        /* the source goes with the call */

        text->len = source->len;
        text->data = ngx_pstrdup(f->request->pool, source);

        return text->data ? NGX_OK : NGX_ERROR;
    }

    /* as a rule a projection is shorter than what it is of */

    if (ngx_zos_out_init(&out, f->request->pool,
                         ngx_min(source->len + 64, 65536))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (view->shape == NGX_ZOS_VIEW_OBJECT) {
        rc = ngx_zos_view_object(f, view->members, source, &out);

    } else if (view->shape == NGX_ZOS_VIEW_WRAPPED) {
        ngx_zos_out_literal(&out, "[");
        rc = ngx_zos_view_object(f, view->members, source, &out);
        ngx_zos_out_literal(&out, "]");

    } else {
        rc = ngx_zos_view_source(f, view, source, &list);

        if (rc != NGX_OK) {
            return rc;
        }

        rc = (view->shape == NGX_ZOS_VIEW_FIRST)
             ? ngx_zos_view_first(f, view, &list, &out)
             : ngx_zos_view_list(f, view, &list, &out);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_zos_out_done(&out, text);
}


static ngx_int_t
ngx_zos_view_source(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *source, ngx_str_t *list)
{
    ngx_int_t  rc;

    *list = *source;

    if (view->from.len) {

        if (ngx_zos_json_type(source) != NGX_ZOS_JSON_OBJECT) {
            return NGX_DECLINED;
        }

        if (ngx_zos_json_get(source, &view->from, list) != NGX_OK) {
            ngx_str_set(list, "[]");
        }
    }

    if (view->list) {
        rc = view->list(f, source, list);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    /* an empty list of Go is null */

    if (ngx_zos_json_type(list) == NGX_ZOS_JSON_NULL) {
        ngx_str_set(list, "[]");
    }

    return ngx_zos_json_type(list) == NGX_ZOS_JSON_ARRAY
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_zos_view_list(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *list, ngx_zos_out_t *out)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_array_t              elements;
    ngx_zos_view_element_t  *element;

    if (ngx_array_init(&elements, f->request->pool, 64,
                       sizeof(ngx_zos_view_element_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_zos_view_sorted(f, view, list, &elements);

    if (rc != NGX_OK) {
        return rc;
    }

    element = elements.elts;

    ngx_zos_out_literal(out, "[");

    for (i = 0; i < elements.nelts; i++) {

        if (i) {
            ngx_zos_out_literal(out, ",");
        }

        rc = (view->shape == NGX_ZOS_VIEW_NAMES)
             ? ngx_zos_view_name(f, view->members, &element[i].value, out)
             : ngx_zos_view_object(f, view->members, &element[i].value, out);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


static ngx_int_t
ngx_zos_view_sorted(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *list, ngx_array_t *elements)
{
    ngx_str_t                key, value;
    ngx_uint_t               i;
    ngx_zos_json_iter_t      it;
    ngx_zos_view_element_t  *element;

    ngx_zos_json_iter(&it, list);

    while (ngx_zos_json_next(&it, &key, &value) == NGX_OK) {

        if (ngx_zos_json_type(&value) != NGX_ZOS_JSON_OBJECT
            || elements->nelts == NGX_ZOS_VIEW_MAX_ELEMENTS)
        {
            return NGX_DECLINED;
        }

        if (view->skip && view->skip(f, &value)) {
            continue;
        }

        element = ngx_array_push(elements);
        if (element == NULL) {
            return NGX_ERROR;
        }

        element->value = value;

        for (i = 0; i < 2; i++) {
            ngx_str_null(&element->key[i]);

            if (view->sort[i].len) {
                (void) ngx_zos_json_get(&value, &view->sort[i],
                                        &element->key[i]);
            }
        }
    }

    /* ngx_sort() is an insertion sort */

    if (view->sort[0].len) {
        qsort(elements->elts, elements->nelts,
              sizeof(ngx_zos_view_element_t), ngx_zos_view_compare);
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_zos_view_compare(const void *one, const void *two)
{
    ngx_int_t                      rc;
    const ngx_zos_view_element_t  *a, *b;

    a = one;
    b = two;

    rc = ngx_zos_view_compare_key(&a->key[0], &b->key[0]);

    if (rc == 0) {
        rc = ngx_zos_view_compare_key(&a->key[1], &b->key[1]);
    }

    if (rc == 0) {
        /* what is equal stays as it came */
        rc = a->value.data < b->value.data ? -1 : 1;
    }

    return (int) rc;
}


static ngx_int_t
ngx_zos_view_compare_key(const ngx_str_t *one, const ngx_str_t *two)
{
    int64_t    a, b;
    ngx_int_t  rc, other;

    if (one->len == 0 || two->len == 0) {
        return one->len ? 1 : (two->len ? -1 : 0);
    }

    rc = ngx_zos_json_integer((ngx_str_t *) one, &a);
    other = ngx_zos_json_integer((ngx_str_t *) two, &b);

    if (rc == NGX_OK && other == NGX_OK) {
        return a < b ? -1 : a > b;
    }

    /* not by their bytes, or 2 < 10 < 1e1 < 2 would be no order */

    if (rc == NGX_OK || other == NGX_OK) {
        return rc == NGX_OK ? -1 : 1;
    }

    rc = ngx_memcmp(one->data, two->data, ngx_min(one->len, two->len));

    if (rc == 0 && one->len != two->len) {
        rc = one->len < two->len ? -1 : 1;
    }

    return rc;
}


static ngx_int_t
ngx_zos_view_first(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *list, ngx_zos_out_t *out)
{
    ngx_str_t            key, value;
    ngx_zos_json_iter_t  it;

    ngx_zos_json_iter(&it, list);

    while (ngx_zos_json_next(&it, &key, &value) == NGX_OK) {

        if (view->skip == NULL || !view->skip(f, &value)) {
            return ngx_zos_view_object(f, view->members, &value, out);
        }
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent", "%V",
                        &view->absent);
}


static ngx_int_t
ngx_zos_view_name(ngx_zos_flow_t *f, const ngx_zos_member_t *member,
    ngx_str_t *source, ngx_zos_out_t *out)
{
    ngx_str_t  value;

    (void) ngx_zos_json_get(source, member->from.len ? &member->from
                                                     : &member->name,
                            &value);

    return ngx_zos_view_scalar(member, &value, out);
}


static ngx_int_t
ngx_zos_view_object(ngx_zos_flow_t *f, const ngx_zos_member_t *members,
    ngx_str_t *source, ngx_zos_out_t *out)
{
    ngx_int_t                rc;
    ngx_str_t                values[NGX_ZOS_VIEW_MAX_MEMBERS];
    ngx_uint_t               i, n;
    const ngx_zos_member_t  *member;

    if (ngx_zos_json_type(source) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_view_values(members, source, values) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    n = 0;

    for (i = 0; members[i].name.len; i++) {
        member = &members[i];

        if (member->optional
            && (values[i].len == 0
                || (values[i].len == 2 && *values[i].data == '"')))
        {
            continue;
        }

        ngx_zos_out(out, (u_char *) (n++ ? ",\"" : "{\""), 2);
        ngx_zos_out_str(out, &member->name);
        ngx_zos_out_literal(out, "\":");

        rc = member->get ? member->get(f, source, out)
                         : ngx_zos_view_value(f, member, &values[i], out);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (n == 0) {
        ngx_zos_out_literal(out, "{");
    }

    ngx_zos_out_literal(out, "}");

    return NGX_OK;
}


/* one walk over the source, however many members are wanted of it */

static ngx_int_t
ngx_zos_view_values(const ngx_zos_member_t *members, ngx_str_t *source,
    ngx_str_t *values)
{
    ngx_str_t             key, path, value;
    ngx_uint_t            i, n;
    const ngx_str_t      *from;
    ngx_zos_json_iter_t   it;

    for (n = 0; members[n].name.len; n++) {
        ngx_str_null(&values[n]);
    }

    ngx_zos_json_iter(&it, source);

    while (ngx_zos_json_next(&it, &key, &value) == NGX_OK) {

        for (i = 0; i < n; i++) {
            from = members[i].from.len ? &members[i].from : &members[i].name;

            if (from->len < key.len || *from->data != *key.data
                || ngx_memcmp(from->data, key.data, key.len) != 0)
            {
                continue;
            }

            if (from->len == key.len) {
                values[i] = value;
                break;
            }

            if (from->data[key.len] == '.') {
                path.len = from->len - key.len - 1;
                path.data = from->data + key.len + 1;

                (void) ngx_zos_json_get(&value, &path, &values[i]);
            }
        }
    }

    for (i = 0; i < n; i++) {

        if (values[i].len && *values[i].data == 'n') {
            ngx_str_null(&values[i]);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_view_value(ngx_zos_flow_t *f, const ngx_zos_member_t *member,
    ngx_str_t *value, ngx_zos_out_t *out)
{
    static ngx_str_t  nothing = ngx_string("{}");

    switch (member->type) {

    case NGX_ZOS_OBJECT:
        return ngx_zos_view_object(f, member->members,
                                   value->len ? value : &nothing, out);

    case NGX_ZOS_MAP:

        if (value->len == 0) {
            value = &nothing;
        }

        if (ngx_zos_json_type(value) != NGX_ZOS_JSON_OBJECT) {
            return NGX_DECLINED;
        }

        ngx_zos_out_str(out, value);
        return NGX_OK;

    case NGX_ZOS_STRINGS:
    case NGX_ZOS_NUMBERS:
    case NGX_ZOS_OBJECTS:
        return ngx_zos_view_array(f, member, value, out);

    default:
        return ngx_zos_view_scalar(member, value, out);
    }
}


static ngx_int_t
ngx_zos_view_scalar(const ngx_zos_member_t *member, ngx_str_t *value,
    ngx_zos_out_t *out)
{
    ngx_uint_t           fits;
    ngx_zos_json_type_e  type;

    static const ngx_str_t  absent[] = {
        ngx_string("\"\""),      /* NGX_ZOS_STRING */
        ngx_string("0"),         /* NGX_ZOS_INTEGER */
        ngx_string("0"),         /* NGX_ZOS_NUMBER */
        ngx_string("false")      /* NGX_ZOS_BOOLEAN */
    };

    if (value->len == 0) {
        ngx_zos_out_str(out, &absent[member->type]);
        return NGX_OK;
    }

    type = ngx_zos_json_type(value);

    switch (member->type) {

    case NGX_ZOS_STRING:
        fits = (type == NGX_ZOS_JSON_STRING);
        break;

    case NGX_ZOS_BOOLEAN:
        fits = (type == NGX_ZOS_JSON_TRUE || type == NGX_ZOS_JSON_FALSE);
        break;

    case NGX_ZOS_INTEGER:
        fits = (type == NGX_ZOS_JSON_NUMBER
                && ngx_zos_view_digits(value->data, value->len));
        break;

    default: /* NGX_ZOS_NUMBER */
        fits = (type == NGX_ZOS_JSON_NUMBER);
    }

    if (!fits) {
        return NGX_DECLINED;
    }

    ngx_zos_out_str(out, value);

    return NGX_OK;
}


/* a number without fraction and exponent */

static ngx_uint_t
ngx_zos_view_digits(u_char *p, size_t len)
{
    u_char  *last;

    last = p + len;

    for (p++; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_zos_view_array(ngx_zos_flow_t *f, const ngx_zos_member_t *member,
    ngx_str_t *value, ngx_zos_out_t *out)
{
    ngx_int_t            rc;
    ngx_str_t            key, item;
    ngx_uint_t           n;
    ngx_zos_json_iter_t  it;

    if (value->len == 0) {
        ngx_zos_out_literal(out, "[]");
        return NGX_OK;
    }

    if (ngx_zos_json_type(value) != NGX_ZOS_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    ngx_zos_out_literal(out, "[");
    ngx_zos_json_iter(&it, value);

    for (n = 0; ngx_zos_json_next(&it, &key, &item) == NGX_OK; n++) {

        if (n) {
            ngx_zos_out_literal(out, ",");
        }

        if (member->type == NGX_ZOS_OBJECTS) {
            rc = ngx_zos_view_object(f, member->members, &item, out);

            if (rc != NGX_OK) {
                return rc;
            }

            continue;
        }

        if (member->item.len
            && (ngx_zos_json_type(&item) != NGX_ZOS_JSON_OBJECT
                || ngx_zos_json_get(&item, &member->item, &item) != NGX_OK))
        {
            return NGX_DECLINED;
        }

        if (ngx_zos_json_type(&item) != (member->type == NGX_ZOS_NUMBERS
                                         ? NGX_ZOS_JSON_NUMBER
                                         : NGX_ZOS_JSON_STRING))
        {
            return NGX_DECLINED;
        }

        ngx_zos_out_str(out, &item);
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}
