
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * YAML that others have written, as a JSON value: mappings, lists and plain
 * values, as YAML 1.1 reads them, and nothing else.  Tags make objects, and
 * aliases can make a few bytes very large; both are refused.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>

#include <jansson.h>
#include <yaml.h>


#define NGX_ZOS_YAML_DEPTH  16


typedef struct {
    yaml_parser_t   parser;
    const char     *error;
    ngx_uint_t      line;
    ngx_uint_t      depth;
} ngx_zos_yaml_ctx_t;


static ngx_int_t ngx_zos_yaml_next(ngx_zos_yaml_ctx_t *ctx,
    yaml_event_t *event);
static ngx_int_t ngx_zos_yaml_expect(ngx_zos_yaml_ctx_t *ctx,
    yaml_event_type_t type, const char *error);
static json_t *ngx_zos_yaml_document(ngx_zos_yaml_ctx_t *ctx);
static json_t *ngx_zos_yaml_value(ngx_zos_yaml_ctx_t *ctx,
    yaml_event_t *event);
static json_t *ngx_zos_yaml_list(ngx_zos_yaml_ctx_t *ctx);
static json_t *ngx_zos_yaml_mapping(ngx_zos_yaml_ctx_t *ctx);
static ngx_int_t ngx_zos_yaml_member(ngx_zos_yaml_ctx_t *ctx, json_t *object,
    yaml_event_t *key);
static ngx_int_t ngx_zos_yaml_text(ngx_zos_yaml_ctx_t *ctx,
    yaml_event_t *event, ngx_str_t *text);
static json_t *ngx_zos_yaml_scalar(ngx_zos_yaml_ctx_t *ctx,
    yaml_event_t *event);
static json_t *ngx_zos_yaml_plain(ngx_str_t *text);
static ngx_uint_t ngx_zos_yaml_listed(ngx_str_t *text, const char **words);
static json_t *ngx_zos_yaml_fail(ngx_zos_yaml_ctx_t *ctx, const char *error);


static const char  ngx_zos_yaml_memory[] = "out of memory";


json_t *
ngx_zos_yaml_load(ngx_str_t *text, const char **error, ngx_uint_t *line)
{
    json_t              *value;
    ngx_zos_yaml_ctx_t   ctx;

    ngx_memzero(&ctx, sizeof(ngx_zos_yaml_ctx_t));

    *error = NULL;
    *line = 0;

    if (!yaml_parser_initialize(&ctx.parser)) {
        return NULL;
    }

    yaml_parser_set_encoding(&ctx.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&ctx.parser, text->data, text->len);

    value = ngx_zos_yaml_document(&ctx);

    yaml_parser_delete(&ctx.parser);

    if (ctx.error != ngx_zos_yaml_memory) {
        *error = ctx.error;
        *line = ctx.line;
    }

    return value;
}


static json_t *
ngx_zos_yaml_document(ngx_zos_yaml_ctx_t *ctx)
{
    json_t        *value;
    yaml_event_t   event;

    if (ngx_zos_yaml_expect(ctx, YAML_STREAM_START_EVENT, "is empty")
        != NGX_OK
        || ngx_zos_yaml_expect(ctx, YAML_DOCUMENT_START_EVENT, "is empty")
           != NGX_OK
        || ngx_zos_yaml_next(ctx, &event) != NGX_OK)
    {
        return NULL;
    }

    value = ngx_zos_yaml_value(ctx, &event);

    yaml_event_delete(&event);

    if (value == NULL) {
        return NULL;
    }

    if (ngx_zos_yaml_expect(ctx, YAML_DOCUMENT_END_EVENT, "goes on")
        != NGX_OK
        || ngx_zos_yaml_expect(ctx, YAML_STREAM_END_EVENT,
                               "has more than one document")
           != NGX_OK)
    {
        json_decref(value);
        return NULL;
    }

    return value;
}


/* what it gives is to be deleted */

static ngx_int_t
ngx_zos_yaml_next(ngx_zos_yaml_ctx_t *ctx, yaml_event_t *event)
{
    yaml_parser_t  *parser;

    parser = &ctx->parser;

    if (yaml_parser_parse(parser, event)) {
        ctx->line = event->start_mark.line + 1;
        return NGX_OK;
    }

    /* an error of the reader has no mark, but that is where it reads */

    ctx->line = (parser->problem_mark.line ? parser->problem_mark.line
                                           : parser->mark.line) + 1;

    (void) ngx_zos_yaml_fail(ctx, parser->problem ? parser->problem
                                                  : ngx_zos_yaml_memory);
    return NGX_ERROR;
}


static ngx_int_t
ngx_zos_yaml_expect(ngx_zos_yaml_ctx_t *ctx, yaml_event_type_t type,
    const char *error)
{
    ngx_uint_t    expected;
    yaml_event_t  event;

    if (ngx_zos_yaml_next(ctx, &event) != NGX_OK) {
        return NGX_ERROR;
    }

    expected = (event.type == type);

    yaml_event_delete(&event);

    if (!expected) {
        (void) ngx_zos_yaml_fail(ctx, error);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static json_t *
ngx_zos_yaml_value(ngx_zos_yaml_ctx_t *ctx, yaml_event_t *event)
{
    json_t  *value;

    if (ctx->depth == NGX_ZOS_YAML_DEPTH) {
        return ngx_zos_yaml_fail(ctx, "is too deep");
    }

    ctx->depth++;

    switch (event->type) {

    case YAML_SCALAR_EVENT:
        value = ngx_zos_yaml_scalar(ctx, event);
        break;

    case YAML_SEQUENCE_START_EVENT:
        value = event->data.sequence_start.tag
                ? ngx_zos_yaml_fail(ctx, "has a tag")
                : ngx_zos_yaml_list(ctx);
        break;

    case YAML_MAPPING_START_EVENT:
        value = event->data.mapping_start.tag
                ? ngx_zos_yaml_fail(ctx, "has a tag")
                : ngx_zos_yaml_mapping(ctx);
        break;

    default: /* YAML_ALIAS_EVENT */
        value = ngx_zos_yaml_fail(ctx, "has an alias");
    }

    ctx->depth--;

    return value;
}


static json_t *
ngx_zos_yaml_list(ngx_zos_yaml_ctx_t *ctx)
{
    json_t        *list;
    ngx_int_t      rc;
    ngx_uint_t     end;
    yaml_event_t   event;

    list = json_array();

    while (list) {

        if (ngx_zos_yaml_next(ctx, &event) != NGX_OK) {
            break;
        }

        end = (event.type == YAML_SEQUENCE_END_EVENT);

        rc = end ? NGX_OK
                 : json_array_append_new(list,
                                         ngx_zos_yaml_value(ctx, &event));

        yaml_event_delete(&event);

        if (rc != NGX_OK) {
            break;
        }

        if (end) {
            return list;
        }
    }

    json_decref(list);

    return ngx_zos_yaml_fail(ctx, ngx_zos_yaml_memory);
}


static json_t *
ngx_zos_yaml_mapping(ngx_zos_yaml_ctx_t *ctx)
{
    json_t        *object;
    ngx_int_t      rc;
    ngx_uint_t     end;
    yaml_event_t   event;

    object = json_object();

    while (object) {

        if (ngx_zos_yaml_next(ctx, &event) != NGX_OK) {
            break;
        }

        end = (event.type == YAML_MAPPING_END_EVENT);

        rc = end ? NGX_OK : ngx_zos_yaml_member(ctx, object, &event);

        yaml_event_delete(&event);

        if (rc != NGX_OK) {
            break;
        }

        if (end) {
            return object;
        }
    }

    json_decref(object);

    return ngx_zos_yaml_fail(ctx, ngx_zos_yaml_memory);
}


static ngx_int_t
ngx_zos_yaml_member(ngx_zos_yaml_ctx_t *ctx, json_t *object,
    yaml_event_t *key)
{
    json_t        *value;
    ngx_str_t      name;
    yaml_event_t   event;

    if (key->type != YAML_SCALAR_EVENT) {
        (void) ngx_zos_yaml_fail(ctx, "has a key that is no text");
        return NGX_ERROR;
    }

    if (ngx_zos_yaml_text(ctx, key, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (json_object_get(object, (char *) name.data)) {
        (void) ngx_zos_yaml_fail(ctx, "has a key twice");
        return NGX_ERROR;
    }

    if (ngx_zos_yaml_next(ctx, &event) != NGX_OK) {
        return NGX_ERROR;
    }

    value = ngx_zos_yaml_value(ctx, &event);

    yaml_event_delete(&event);

    return json_object_set_new(object, (char *) name.data, value) == 0
           ? NGX_OK : NGX_ERROR;
}


/* libyaml ends it with a zero */

static ngx_int_t
ngx_zos_yaml_text(ngx_zos_yaml_ctx_t *ctx, yaml_event_t *event,
    ngx_str_t *text)
{
    if (event->data.scalar.tag) {
        (void) ngx_zos_yaml_fail(ctx, "has a tag");
        return NGX_ERROR;
    }

    text->data = event->data.scalar.value;
    text->len = event->data.scalar.length;

    if (ngx_strlen(text->data) != text->len) {
        (void) ngx_zos_yaml_fail(ctx, "has a text with a zero in it");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static json_t *
ngx_zos_yaml_scalar(ngx_zos_yaml_ctx_t *ctx, yaml_event_t *event)
{
    json_t     *value;
    ngx_str_t   text;

    if (ngx_zos_yaml_text(ctx, event, &text) != NGX_OK) {
        return NULL;
    }

    value = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
            ? ngx_zos_yaml_plain(&text)
            : json_stringn((char *) text.data, text.len);

    return value ? value : ngx_zos_yaml_fail(ctx, ngx_zos_yaml_memory);
}


/* other spellings of numbers stay texts */

static json_t *
ngx_zos_yaml_plain(ngx_str_t *text)
{
    size_t  i;

    static const char  *nulls[] = { "", "~", "null", NULL };
    static const char  *trues[] = { "true", "yes", "on", NULL };
    static const char  *falses[] = { "false", "no", "off", NULL };

    if (ngx_zos_yaml_listed(text, nulls)) {
        return json_null();
    }

    if (ngx_zos_yaml_listed(text, trues)) {
        return json_true();
    }

    if (ngx_zos_yaml_listed(text, falses)) {
        return json_false();
    }

    i = (text->data[0] == '-');

    if (text->len > i && text->len - i < 19
        && (text->data[i] != '0' || text->len == i + 1))
    {
        while (text->data[i] >= '0' && text->data[i] <= '9') {
            i++;
        }

        if (i == text->len) {
            return json_integer(strtoll((char *) text->data, NULL, 10));
        }
    }

    return json_stringn((char *) text->data, text->len);
}


/* "true", "True" and "TRUE", but not "tRUE" */

static ngx_uint_t
ngx_zos_yaml_listed(ngx_str_t *text, const char **words)
{
    size_t       i, upper;
    ngx_uint_t   n;

    for (n = 0; words[n]; n++) {

        if (ngx_strlen(words[n]) != text->len
            || ngx_strcasecmp(text->data, (u_char *) words[n]) != 0)
        {
            continue;
        }

        upper = 0;

        for (i = 1; i < text->len; i++) {
            upper += (text->data[i] != (u_char) words[n][i]);
        }

        if (upper == 0
            || (upper == text->len - 1
                && text->data[0] != (u_char) words[n][0]))
        {
            return 1;
        }
    }

    return 0;
}


/* the first one is why */

static json_t *
ngx_zos_yaml_fail(ngx_zos_yaml_ctx_t *ctx, const char *error)
{
    if (ctx->error == NULL) {
        ctx->error = error;
    }

    return NULL;
}
