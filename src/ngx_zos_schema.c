
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The interpreter of the field tables.  Unknown members are ignored, null is
 * absent, and the first rule that is broken is named with the path of the
 * member, "nics[0].type".
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>

#include <jansson.h>


#define NGX_ZOS_SCHEMA_MAX_PATH  256


typedef struct {
    ngx_zos_flow_t  *flow;
    const char      *what;       /* it is all of */
    u_char          *last;       /* of the path so far */
    u_char           path[NGX_ZOS_SCHEMA_MAX_PATH];
} ngx_zos_schema_ctx_t;


static ngx_int_t ngx_zos_schema_object(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *fields, ngx_zos_rules_pt rules, json_t *object);
static ngx_int_t ngx_zos_schema_member(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *object);
static ngx_int_t ngx_zos_schema_value(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value);
static ngx_int_t ngx_zos_schema_string(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value);
static ngx_uint_t ngx_zos_schema_listed(const ngx_str_t *values,
    ngx_str_t *text);
static ngx_int_t ngx_zos_schema_unlisted(ngx_zos_schema_ctx_t *ctx,
    const ngx_str_t *values);
static ngx_int_t ngx_zos_schema_integer(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value);
static ngx_int_t ngx_zos_schema_array(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value);
static json_t *ngx_zos_schema_named(json_t *object, const ngx_str_t *name);
static ngx_int_t ngx_zos_schema_broken(ngx_zos_schema_ctx_t *ctx,
    const char *fmt, ...);


ngx_int_t
ngx_zos_schema(ngx_zos_flow_t *f, const char *what,
    const ngx_zos_field_t *fields, ngx_zos_rules_pt rules, json_t *object)
{
    ngx_zos_schema_ctx_t  ctx;

    ctx.flow = f;
    ctx.what = what;
    ctx.last = ctx.path;

    return ngx_zos_schema_object(&ctx, fields, rules, object);
}


static ngx_int_t
ngx_zos_schema_object(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *fields, ngx_zos_rules_pt rules, json_t *object)
{
    u_char                 *last;
    const char             *broken;
    const ngx_zos_field_t  *field;

    if (!json_is_object(object)) {
        return ngx_zos_schema_broken(ctx, "must be an object");
    }

    last = ctx->last;

    for (field = fields; field->name.len; field++) {

        if (!ngx_zos_schema_known(ctx->flow, field)) {
            continue;
        }

        ctx->last = ngx_snprintf(last, ctx->path + NGX_ZOS_SCHEMA_MAX_PATH
                                       - last,
                                 "%s%V", last == ctx->path ? "" : ".",
                                 &field->name);

        if (ngx_zos_schema_member(ctx, field, object) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ctx->last = last;

    broken = rules ? rules(ctx->flow, object) : NULL;

    if (ctx->flow->error.len) {
        return NGX_ERROR;
    }

    return broken ? ngx_zos_schema_broken(ctx, "%s", broken) : NGX_OK;
}


ngx_uint_t
ngx_zos_schema_known(ngx_zos_flow_t *f, const ngx_zos_field_t *field)
{
    return field->presets == 0
           || (field->presets & f->conf->ays_templates) != 0;
}


static ngx_int_t
ngx_zos_schema_member(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *object)
{
    json_t  *value, *other;

    value = ngx_zos_schema_named(object, &field->name);

    if (field->alias.len) {
        other = ngx_zos_schema_named(object, &field->alias);

        if (value && other && !json_equal(value, other)) {
            return ngx_zos_schema_broken(ctx, "and its other spelling \"%V\" "
                                         "must not differ", &field->alias);
        }

        value = value ? value : other;
    }

    if (value == NULL) {

        if (field->required || field->present) {
            return ngx_zos_schema_broken(ctx, "is required");
        }

        return NGX_OK;
    }

    return ngx_zos_schema_value(ctx, field, value);
}


static ngx_int_t
ngx_zos_schema_value(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value)
{
    switch (field->type) {

    case NGX_ZOS_STRING:
        return ngx_zos_schema_string(ctx, field, value);

    case NGX_ZOS_INTEGER:
        return ngx_zos_schema_integer(ctx, field, value);

    case NGX_ZOS_NUMBER:
        return json_is_number(value)
               ? NGX_OK : ngx_zos_schema_broken(ctx, "must be a number");

    case NGX_ZOS_BOOLEAN:
        return json_is_boolean(value)
               ? NGX_OK
               : ngx_zos_schema_broken(ctx, "must be true or false");

    case NGX_ZOS_STRINGS:
    case NGX_ZOS_OBJECTS:
        return ngx_zos_schema_array(ctx, field, value);

    case NGX_ZOS_MAP:
        return json_is_object(value)
               ? NGX_OK : ngx_zos_schema_broken(ctx, "must be an object");

    default: /* NGX_ZOS_OBJECT */
        return ngx_zos_schema_object(ctx, field->fields, field->rules, value);
    }
}


static ngx_int_t
ngx_zos_schema_string(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value)
{
    ngx_str_t  text;

    if (!json_is_string(value)) {
        return ngx_zos_schema_broken(ctx, "must be a string");
    }

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (field->required && text.len == 0) {
        return ngx_zos_schema_broken(ctx, "must not be empty");
    }

    if (field->bounded && text.len > (size_t) field->max) {
        return ngx_zos_schema_broken(ctx, "must not be longer than %L bytes",
                                     field->max);
    }

    if (field->values && (text.len || field->type == NGX_ZOS_STRINGS)
        && !ngx_zos_schema_listed(field->values, &text))
    {
        return ngx_zos_schema_unlisted(ctx, field->values);
    }

    /* an optional text may be left empty, an item of a list may not */

    if (field->check && (text.len || field->type == NGX_ZOS_STRINGS)
        && field->check(&text) != NGX_OK)
    {
        return ngx_zos_schema_broken(ctx, "%V", &field->rule);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_schema_listed(const ngx_str_t *values, ngx_str_t *text)
{
    for ( /* void */ ; values->len; values++) {
        if (values->len == text->len
            && ngx_memcmp(values->data, text->data, text->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_zos_schema_unlisted(ngx_zos_schema_ctx_t *ctx, const ngx_str_t *values)
{
    u_char      *p;
    ngx_str_t    list;
    ngx_uint_t   i;
    u_char       buffer[256];

    p = buffer;

    for (i = 0; values[i].len; i++) {
        p = ngx_slprintf(p, buffer + sizeof(buffer), "%s%V", i ? ", " : "",
                         &values[i]);
    }

    list.data = buffer;
    list.len = p - buffer;

    return ngx_zos_schema_broken(ctx, "must be one of %V", &list);
}


static ngx_int_t
ngx_zos_schema_integer(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value)
{
    json_int_t  n;

    if (!json_is_integer(value)) {
        return ngx_zos_schema_broken(ctx, "must be an integer");
    }

    n = json_integer_value(value);

    if (field->bounded && (n < field->min || n > field->max)) {
        return ngx_zos_schema_broken(ctx, "must be from %L to %L",
                                     field->min, field->max);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_schema_array(ngx_zos_schema_ctx_t *ctx,
    const ngx_zos_field_t *field, json_t *value)
{
    u_char     *last;
    size_t      i;
    json_t     *item;
    ngx_int_t   rc;

    if (!json_is_array(value)) {
        return ngx_zos_schema_broken(ctx, "must be an array");
    }

    if (field->required && json_array_size(value) == 0) {
        return ngx_zos_schema_broken(ctx, "must not be empty");
    }

    last = ctx->last;

    json_array_foreach(value, i, item) {

        ctx->last = ngx_snprintf(last, ctx->path + NGX_ZOS_SCHEMA_MAX_PATH
                                       - last, "[%uz]", i);

        rc = (field->type == NGX_ZOS_OBJECTS)
             ? ngx_zos_schema_object(ctx, field->fields, field->rules, item)
             : ngx_zos_schema_string(ctx, field, item);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    ctx->last = last;

    return NGX_OK;
}


json_t *
ngx_zos_schema_get(json_t *object, const ngx_zos_field_t *field)
{
    json_t  *value;

    value = ngx_zos_schema_named(object, &field->name);

    if (value == NULL && field->alias.len) {
        value = ngx_zos_schema_named(object, &field->alias);
    }

    return value;
}


static json_t *
ngx_zos_schema_named(json_t *object, const ngx_str_t *name)
{
    json_t  *value;

    /* the names of the tables are literals, and so end with a zero */

    value = json_object_get(object, (char *) name->data);

    return json_is_null(value) ? NULL : value;
}


static ngx_int_t
ngx_zos_schema_broken(ngx_zos_schema_ctx_t *ctx, const char *fmt, ...)
{
    u_char     *last;
    va_list     args;
    ngx_str_t   path, rule;
    u_char      buffer[256];

    va_start(args, fmt);
    last = ngx_vslprintf(buffer, buffer + sizeof(buffer), fmt, args);
    va_end(args);

    rule.data = buffer;
    rule.len = last - buffer;

    path.data = ctx->path;
    path.len = ctx->last - ctx->path;

    if (ctx->what) {
        return ngx_zos_fail(ctx->flow, NGX_HTTP_BAD_REQUEST, "bad import",
                            "%s: %V%s%V", ctx->what, &path,
                            path.len ? " " : "it ", &rule);
    }

    if (path.len == 0) {
        ngx_str_set(&path, "the body");
    }

    return ngx_zos_fail(ctx->flow, NGX_HTTP_BAD_REQUEST, "bad body",
                        "%V %V", &path, &rule);
}
