
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Values for blueprints: the request's body and the service as it was read,
 * as JSON values of the request's pool, and texts made of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>

#include <jansson.h>


#define NGX_ZOS_SERVICE_VALUES  262144   /* JSON values of AYS at a time */


static ngx_int_t ngx_zos_text_value(ngx_zos_flow_t *f, ngx_str_t *name,
    ngx_str_t *value);
static json_t *ngx_zos_clean_value(ngx_zos_flow_t *f,
    const ngx_zos_field_t *field, json_t *value);
static json_t *ngx_zos_clean_object(ngx_zos_flow_t *f,
    const ngx_zos_field_t *fields, json_t *object);
static const ngx_zos_field_t *ngx_zos_body_field(ngx_zos_flow_t *f,
    const char *name);
static void ngx_zos_json_cleanup(void *data);
static ngx_uint_t ngx_zos_json_nothing(json_t *value);
static int ngx_zos_out_json_write(const char *buffer, size_t size,
    void *data);


ngx_int_t
ngx_zos_text(ngx_zos_flow_t *f, const ngx_str_t *format, ngx_str_t *text)
{
    u_char         *p, *last, *end;
    ngx_str_t       name, value;
    ngx_zos_out_t   out;

    if (ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    last = format->data + format->len;

    for (p = format->data; p < last; p++) {

        if (*p != '{') {
            ngx_zos_out(&out, p, 1);
            continue;
        }

        end = ngx_strlchr(p, last, '}');

        name.data = p + 1;
        name.len = end - name.data;

        if (ngx_zos_text_value(f, &name, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_str(&out, &value);
        p = end;
    }

    return ngx_zos_out_done(&out, text);
}


static ngx_int_t
ngx_zos_text_value(ngx_zos_flow_t *f, ngx_str_t *name, ngx_str_t *value)
{
    char        member[64];
    json_t     *json;
    ngx_str_t  *arg;

    if (name->len > 5 && name->len < sizeof(member)
        && ngx_strncmp(name->data, "body.", 5) == 0)
    {
        ngx_cpystrn((u_char *) member, name->data + 5, name->len - 4);

        json = ngx_zos_body(f, member);

        if (!json_is_string(json)) {
            return NGX_ERROR;
        }

        value->data = (u_char *) json_string_value(json);
        value->len = json_string_length(json);

        return NGX_OK;
    }

    arg = ngx_zos_flow_arg(f, name);

    if (arg == NULL) {
        return NGX_ERROR;
    }

    *value = *arg;

    return NGX_OK;
}


static const ngx_zos_field_t *
ngx_zos_body_field(ngx_zos_flow_t *f, const char *name)
{
    const ngx_zos_field_t  *field;

    for (field = f->op->body; field && field->name.len; field++) {
        if (ngx_strcmp(field->name.data, name) == 0) {
            return field;
        }
    }

    return NULL;
}


json_t *
ngx_zos_body(ngx_zos_flow_t *f, const char *name)
{
    const ngx_zos_field_t  *field;

    field = ngx_zos_body_field(f, name);

    return field && f->json ? ngx_zos_schema_get(f->json, field) : NULL;
}


json_t *
ngx_zos_body_clean(ngx_zos_flow_t *f, const char *name)
{
    json_t                 *value;
    const ngx_zos_field_t  *field;

    field = ngx_zos_body_field(f, name);
    value = ngx_zos_body(f, name);

    if (value == NULL || !ngx_zos_schema_known(f, field)) {
        return NULL;
    }

    value = ngx_zos_clean_value(f, field, value);

    if (value == NULL) {
        f->lacking = 1;
    }

    return ngx_zos_keep_json(f, value);
}


/* a new reference; NULL: out of memory, as json_..._new() say of NULL */

static json_t *
ngx_zos_clean_value(ngx_zos_flow_t *f, const ngx_zos_field_t *field,
    json_t *value)
{
    size_t   i;
    json_t  *array, *item;

    if (field->fields == NULL) {
        return json_incref(value);
    }

    if (!json_is_array(value)) {
        return ngx_zos_clean_object(f, field->fields, value);
    }

    array = json_array();

    json_array_foreach(value, i, item) {
        item = ngx_zos_clean_object(f, field->fields, item);

        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


static json_t *
ngx_zos_clean_object(ngx_zos_flow_t *f, const ngx_zos_field_t *fields,
    json_t *object)
{
    json_t                 *clean, *value;
    const ngx_str_t        *name;
    const ngx_zos_field_t  *field;

    clean = json_object();

    for (field = fields; field->name.len; field++) {
        value = ngx_zos_schema_get(object, field);

        if (value == NULL || !ngx_zos_schema_known(f, field)
            || (json_is_string(value) && json_string_length(value) == 0))
        {
            continue;
        }

        name = field->backend.len ? &field->backend : &field->name;

        value = ngx_zos_clean_value(f, field, value);

        if (json_object_set_new(clean, (char *) name->data, value) != 0) {
            json_decref(clean);
            return NULL;
        }
    }

    return clean;
}


json_t *
ngx_zos_service_data(ngx_zos_flow_t *f)
{
    json_t     *json;
    ngx_str_t   data;

    static const ngx_str_t  path = ngx_string("data");

    if (ngx_zos_json_get(&f->service, &path, &data) != NGX_OK) {
        return ngx_zos_keep_json(f, json_object());
    }

    json = ngx_zos_json_load(&data, 0);

    if (json == NULL) {
        (void) ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    return ngx_zos_keep_json(f, json);
}


json_t *
ngx_zos_json_load(ngx_str_t *text, size_t flags)
{
    if (ngx_zos_json_values(text) > NGX_ZOS_SERVICE_VALUES) {
        return NULL;
    }

    return json_loadb((char *) text->data, text->len, flags, NULL);
}


json_t *
ngx_zos_keep_json(ngx_zos_flow_t *f, json_t *value)
{
    ngx_pool_cleanup_t  *cln;

    if (value == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(f->request->pool, 0);

    if (cln == NULL) {
        f->lacking = 1;
        json_decref(value);
        return NULL;
    }

    cln->handler = ngx_zos_json_cleanup;
    cln->data = value;

    return value;
}


static void
ngx_zos_json_cleanup(void *data)
{
    json_decref(data);
}


void
ngx_zos_out_json(ngx_zos_out_t *out, json_t *value)
{
    if (value == NULL
        || json_dump_callback(value, ngx_zos_out_json_write, out,
                              JSON_COMPACT|JSON_ENCODE_ANY)
           != 0)
    {
        out->failed = 1;
    }
}


static int
ngx_zos_out_json_write(const char *buffer, size_t size, void *data)
{
    ngx_zos_out(data, (const u_char *) buffer, size);

    return 0;
}


ngx_uint_t
ngx_zos_json_alike(json_t *one, json_t *two)
{
    json_t      *value;
    const char  *key;

    if (ngx_zos_json_nothing(one) || ngx_zos_json_nothing(two)) {
        return ngx_zos_json_nothing(one) && ngx_zos_json_nothing(two);
    }

    if (!json_is_object(one) || !json_is_object(two)) {
        return json_equal(one, two);
    }

    json_object_foreach(one, key, value) {
        if (!ngx_zos_json_alike(value, json_object_get(two, key))) {
            return 0;
        }
    }

    json_object_foreach(two, key, value) {
        if (!ngx_zos_json_alike(value, json_object_get(one, key))) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_zos_json_nothing(json_t *value)
{
    json_t      *member;
    const char  *key;

    json_object_foreach(value, key, member) {
        if (!ngx_zos_json_nothing(member)) {
            return 0;
        }
    }

    return !json_is_true(value) && json_string_length(value) == 0
           && json_number_value(value) == 0 && json_array_size(value) == 0;
}


json_t *
ngx_zos_find_nic(json_t *nics, json_t *nic)
{
    size_t   i;
    json_t  *other;

    json_array_foreach(nics, i, other) {
        if (ngx_zos_json_alike(json_object_get(nic, "type"),
                               json_object_get(other, "type"))
            && ngx_zos_json_alike(json_object_get(nic, "id"),
                                  json_object_get(other, "id")))
        {
            return other;
        }
    }

    return NULL;
}
