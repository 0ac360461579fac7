
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The OpenAPI 3.1 document of the operations of a location, printed from the
 * tables that requests are served by.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>


typedef struct {
    ngx_zos_out_t         out;
    ngx_zos_loc_conf_t   *conf;
} ngx_zos_openapi_t;


static ngx_uint_t ngx_zos_openapi_serves(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *op, ngx_uint_t number);
static const ngx_zos_op_t *ngx_zos_openapi_next(ngx_zos_openapi_t *doc,
    const ngx_zos_ops_t **group, const ngx_zos_op_t *op, ngx_uint_t *number);
static void ngx_zos_openapi_paths(ngx_zos_openapi_t *doc);
static ngx_uint_t ngx_zos_openapi_printed(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *until, ngx_str_t *path);
static void ngx_zos_openapi_path(ngx_zos_openapi_t *doc,
    const ngx_str_t *path);
static void ngx_zos_openapi_op(ngx_zos_openapi_t *doc,
    const ngx_zos_ops_t *group, const ngx_zos_op_t *op);
static void ngx_zos_openapi_body(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *op);
static void ngx_zos_openapi_upload(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *op);
static void ngx_zos_openapi_params(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *op);
static void ngx_zos_openapi_query(ngx_zos_openapi_t *doc,
    const ngx_zos_field_t *field);
static void ngx_zos_openapi_responses(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *op);
static void ngx_zos_openapi_content(ngx_zos_openapi_t *doc,
    const ngx_zos_view_t *view);
static void ngx_zos_openapi_schemas(ngx_zos_openapi_t *doc);
static ngx_uint_t ngx_zos_openapi_seen(ngx_zos_openapi_t *doc,
    const ngx_zos_op_t *until, const ngx_zos_view_t *view);
static void ngx_zos_openapi_members(ngx_zos_openapi_t *doc,
    const ngx_zos_member_t *member);
static void ngx_zos_openapi_fields(ngx_zos_openapi_t *doc,
    const ngx_zos_field_t *field);
static void ngx_zos_openapi_field(ngx_zos_openapi_t *doc,
    const ngx_zos_field_t *field);
static void ngx_zos_openapi_values(ngx_zos_openapi_t *doc,
    const ngx_str_t *values);
static void ngx_zos_openapi_type(ngx_zos_openapi_t *doc, ngx_uint_t type);


#define ngx_zos_put(doc, text)  ngx_zos_out_literal(&(doc)->out, text)
#define ngx_zos_puts(doc, str)  ngx_zos_out_string(&(doc)->out, str)


ngx_int_t
ngx_zos_openapi_handler(ngx_http_request_t *r)
{
    ngx_str_t          text;
    ngx_zos_flow_t    *f;
    ngx_zos_openapi_t  doc;

    f = ngx_zos_request_flow(r);
    if (f == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_zos_auth(f) != NGX_OK) {
        return ngx_zos_refuse(f);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        f->match.methods = NGX_HTTP_GET;
        (void) ngx_zos_request_no_method(f);
        return ngx_zos_refuse(f);
    }

    doc.conf = f->conf;

    if (ngx_zos_out_init(&doc.out, r->pool, 65536) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_zos_put(&doc, "{\"openapi\":\"3.1.0\","
                      "\"info\":{\"title\":\"Zero-OS Orchestrator\","
                      "\"version\":\"" NGX_ZOS_VERSION "\"},"
                      "\"paths\":{");

    ngx_zos_openapi_paths(&doc);

    ngx_zos_put(&doc, "},\"components\":{\"schemas\":{\"Error\":{"
                      "\"type\":\"object\",\"required\":[\"error\"],"
                      "\"properties\":{\"error\":{\"type\":\"string\"}}}");

    ngx_zos_openapi_schemas(&doc);

    ngx_zos_put(&doc, "},\"responses\":{\"Error\":{\"description\":"
                      "\"why it failed, in a sentence\",\"content\":{"
                      "\"application/json\":{\"schema\":{\"$ref\":"
                      "\"#/components/schemas/Error\"}}}}}");

    if (doc.conf->authority) {
        ngx_zos_put(&doc, ",\"securitySchemes\":{\"token\":{"
                          "\"type\":\"http\",\"scheme\":\"bearer\","
                          "\"bearerFormat\":\"JWT\"}}},"
                          "\"security\":[{\"token\":[]}]}");

    } else {
        ngx_zos_put(&doc, "}}");
    }

    if (ngx_zos_out_done(&doc.out, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_zos_reply_text(f, &text);
}


static ngx_uint_t
ngx_zos_openapi_serves(ngx_zos_openapi_t *doc, const ngx_zos_op_t *op,
    ngx_uint_t number)
{
    if (doc->conf->allowed && !doc->conf->allowed[number]) {
        return 0;
    }

    return (op->flags & NGX_ZOS_OP_AYS) == 0 || doc->conf->ays.len;
}


/* the operation after "op" that this location serves; NULL first, and last */

static const ngx_zos_op_t *
ngx_zos_openapi_next(ngx_zos_openapi_t *doc, const ngx_zos_ops_t **group,
    const ngx_zos_op_t *op, ngx_uint_t *number)
{
    if (op == NULL) {
        *group = ngx_zos_ops;
        op = (*group)->ops;
        *number = 0;

    } else {
        op++;
        (*number)++;
    }

    for ( ;; ) {

        if (op->name.len == 0) {
            (*group)++;

            if ((*group)->ops == NULL) {
                return NULL;
            }

            op = (*group)->ops;
            continue;
        }

        if (ngx_zos_openapi_serves(doc, op, *number)) {
            return op;
        }

        op++;
        (*number)++;
    }
}


static void
ngx_zos_openapi_paths(ngx_zos_openapi_t *doc)
{
    ngx_uint_t            n, number;
    const ngx_zos_op_t   *op;
    const ngx_zos_ops_t  *group;

    n = 0;
    op = NULL;

    while ((op = ngx_zos_openapi_next(doc, &group, op, &number)) != NULL) {

        if (ngx_zos_openapi_printed(doc, op, (ngx_str_t *) &op->path)) {
            continue;
        }

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &op->path);
        ngx_zos_put(doc, ":{");
        ngx_zos_openapi_path(doc, &op->path);
        ngx_zos_put(doc, "}");
    }
}


static ngx_uint_t
ngx_zos_openapi_printed(ngx_zos_openapi_t *doc, const ngx_zos_op_t *until,
    ngx_str_t *path)
{
    ngx_uint_t            number;
    const ngx_zos_op_t   *op;
    const ngx_zos_ops_t  *group;

    op = NULL;

    while ((op = ngx_zos_openapi_next(doc, &group, op, &number)) != until) {
        if (op->path.len == path->len
            && ngx_memcmp(op->path.data, path->data, path->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_zos_openapi_path(ngx_zos_openapi_t *doc, const ngx_str_t *path)
{
    ngx_uint_t            n, number;
    const ngx_zos_op_t   *op;
    const ngx_zos_ops_t  *group;

    n = 0;
    op = NULL;

    while ((op = ngx_zos_openapi_next(doc, &group, op, &number)) != NULL) {

        if (op->path.len != path->len
            || ngx_memcmp(op->path.data, path->data, path->len) != 0)
        {
            continue;
        }

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_openapi_op(doc, group, op);
    }
}


static void
ngx_zos_openapi_op(ngx_zos_openapi_t *doc, const ngx_zos_ops_t *group,
    const ngx_zos_op_t *op)
{
    switch (op->method) {

    case NGX_HTTP_GET:
        ngx_zos_put(doc, "\"get\":{\"operationId\":");
        break;

    case NGX_HTTP_POST:
        ngx_zos_put(doc, "\"post\":{\"operationId\":");
        break;

    case NGX_HTTP_PUT:
        ngx_zos_put(doc, "\"put\":{\"operationId\":");
        break;

    default: /* NGX_HTTP_DELETE */
        ngx_zos_put(doc, "\"delete\":{\"operationId\":");
    }

    ngx_zos_puts(doc, &op->name);
    ngx_zos_put(doc, ",\"tags\":[");
    ngx_zos_puts(doc, &group->name);
    ngx_zos_put(doc, "],\"summary\":");
    ngx_zos_puts(doc, &op->summary);

    ngx_zos_openapi_params(doc, op);

    if (op->body) {
        ngx_zos_openapi_body(doc, op);
    }

    if (op->flags & NGX_ZOS_OP_UPLOAD) {
        ngx_zos_openapi_upload(doc, op);
    }

    ngx_zos_openapi_responses(doc, op);
    ngx_zos_put(doc, "}");
}


static void
ngx_zos_openapi_body(ngx_zos_openapi_t *doc, const ngx_zos_op_t *op)
{
    ngx_zos_put(doc, ",\"requestBody\":{");

    if (!(op->flags & NGX_ZOS_OP_EMPTY)) {
        ngx_zos_put(doc, "\"required\":true,");
    }

    ngx_zos_put(doc, "\"content\":{\"application/json\":{\"schema\":");

    if (op->flags & NGX_ZOS_OP_ARRAY) {
        ngx_zos_openapi_field(doc, op->body);

    } else {
        ngx_zos_openapi_fields(doc, op->body);
    }

    ngx_zos_put(doc, "}}}");
}


/* in a form the file is the first part that has a name of that kind */

static void
ngx_zos_openapi_upload(ngx_zos_openapi_t *doc, const ngx_zos_op_t *op)
{
    ngx_uint_t  i;

    ngx_zos_put(doc, ",\"requestBody\":{\"required\":true,\"content\":{");

    for (i = 0; i < 2 && op->media[i].len; i++) {

        if (i) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &op->media[i]);

        if (ngx_strncmp(op->media[i].data, "multipart/", 10) == 0) {
            ngx_zos_put(doc, ":{\"schema\":{\"type\":\"object\",\"properties\""
                        ":{\"file\":{\"type\":\"string\",\"contentMediaType\""
                        ":\"application/octet-stream\"}}}}");

        } else {
            ngx_zos_put(doc, ":{\"schema\":{\"type\":\"string\"}}");
        }
    }

    ngx_zos_put(doc, "}}");
}


static void
ngx_zos_openapi_params(ngx_zos_openapi_t *doc, const ngx_zos_op_t *op)
{
    u_char                 *p, *end, *last;
    ngx_str_t               name;
    ngx_uint_t              n;
    const ngx_zos_field_t  *field;
    const ngx_zos_param_t  *param;

    ngx_zos_put(doc, ",\"parameters\":[");

    n = 0;
    last = op->path.data + op->path.len;

    for (p = op->path.data; (p = ngx_strlchr(p, last, '{')) != NULL; p = end) {

        end = ngx_strlchr(p, last, '}');

        name.data = p + 1;
        name.len = end - name.data;

        param = ngx_zos_param(&name);

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_put(doc, "{\"in\":\"path\",\"required\":true,\"name\":");
        ngx_zos_puts(doc, &param->name);
        ngx_zos_put(doc, ",\"description\":");
        ngx_zos_puts(doc, &param->text);
        ngx_zos_put(doc, ",\"schema\":{\"type\":\"string\",\"pattern\":");
        ngx_zos_puts(doc, &param->pattern);
        ngx_zos_put(doc, "}}");
    }

    for (field = op->query; field && field->name.len; field++) {

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_openapi_query(doc, field);
    }

    ngx_zos_put(doc, "]");
}


static void
ngx_zos_openapi_query(ngx_zos_openapi_t *doc, const ngx_zos_field_t *field)
{
    ngx_zos_put(doc, "{\"in\":\"query\",\"name\":");
    ngx_zos_puts(doc, &field->name);
    ngx_zos_put(doc, ",\"description\":");
    ngx_zos_puts(doc, &field->text);

    if (field->required) {
        ngx_zos_put(doc, ",\"required\":true");
    }

    ngx_zos_put(doc, ",\"schema\":");

    if (field->type == NGX_ZOS_MAP) {

        /* any number of arguments whose names begin so */

        ngx_zos_put(doc, "{\"type\":\"object\",\"propertyNames\":"
                         "{\"pattern\":\"^");
        ngx_zos_out_str(&doc->out, &field->name);
        ngx_zos_put(doc, "\"},\"additionalProperties\":"
                         "{\"type\":\"string\"}},"
                         "\"style\":\"form\",\"explode\":true}");
        return;
    }

    ngx_zos_openapi_field(doc, field);
    ngx_zos_put(doc, "}");
}


static void
ngx_zos_openapi_responses(ngx_zos_openapi_t *doc, const ngx_zos_op_t *op)
{
    ngx_uint_t  status;

    status = op->status ? op->status : NGX_HTTP_OK;

    ngx_zos_put(doc, ",\"responses\":{\"");
    ngx_zos_out_integer(&doc->out, status);
    ngx_zos_put(doc, "\":{\"description\":");

    switch (status) {

    case NGX_HTTP_OK:
        ngx_zos_put(doc, "\"success\"");
        break;

    case NGX_HTTP_CREATED:
        ngx_zos_put(doc, "\"created, see Location\"");
        break;

    case NGX_HTTP_ACCEPTED:
        ngx_zos_put(doc, "\"started, see Location\"");
        break;

    default:
        ngx_zos_put(doc, "\"done\"");
    }

    if (op->view) {
        ngx_zos_openapi_content(doc, op->view);
    }

    ngx_zos_put(doc, "},\"default\":{\"$ref\":"
                     "\"#/components/responses/Error\"}}");
}


static void
ngx_zos_openapi_content(ngx_zos_openapi_t *doc, const ngx_zos_view_t *view)
{
    if (view->shape == NGX_ZOS_VIEW_BYTES) {
        ngx_zos_put(doc, ",\"content\":{\"");
        ngx_zos_out_str(&doc->out, &view->name);
        ngx_zos_put(doc, "\":{}}");
        return;
    }

    ngx_zos_put(doc, ",\"content\":{\"application/json\":{\"schema\":");

    switch (view->shape) {

    case NGX_ZOS_VIEW_LIST:
        ngx_zos_put(doc, "{\"type\":\"array\",\"items\":{\"$ref\":"
                         "\"#/components/schemas/");
        break;

    case NGX_ZOS_VIEW_NAMES:
        ngx_zos_put(doc, "{\"type\":\"array\",\"items\":{\"type\":"
                         "\"string\"}}}}");
        return;

    case NGX_ZOS_VIEW_WRAPPED:
        ngx_zos_put(doc, "{\"type\":\"array\",\"minItems\":1,\"maxItems\":1,"
                         "\"items\":{\"$ref\":\"#/components/schemas/");
        break;

    default:
        ngx_zos_put(doc, "{\"$ref\":\"#/components/schemas/");
    }

    ngx_zos_out_str(&doc->out, &view->name);

    if (view->shape == NGX_ZOS_VIEW_LIST
        || view->shape == NGX_ZOS_VIEW_WRAPPED)
    {
        ngx_zos_put(doc, "\"}");

    } else {
        ngx_zos_put(doc, "\"");
    }

    ngx_zos_put(doc, "}}}");
}


/* each once, however many operations answer with it */

static void
ngx_zos_openapi_schemas(ngx_zos_openapi_t *doc)
{
    ngx_uint_t             number;
    const ngx_zos_op_t    *op;
    const ngx_zos_ops_t   *group;
    const ngx_zos_view_t  *view;

    op = NULL;

    while ((op = ngx_zos_openapi_next(doc, &group, op, &number)) != NULL) {

        view = op->view;

        if (view == NULL || view->shape == NGX_ZOS_VIEW_BYTES
            || view->shape == NGX_ZOS_VIEW_NAMES
            || ngx_zos_openapi_seen(doc, op, view))
        {
            continue;
        }

        ngx_zos_put(doc, ",");
        ngx_zos_puts(doc, &view->name);
        ngx_zos_put(doc, ":");

        if (view->members) {
            ngx_zos_openapi_members(doc, view->members);

        } else {
            ngx_zos_put(doc, "{");
            ngx_zos_openapi_type(doc, view->shape == NGX_ZOS_VIEW_BOOLEAN
                                      ? NGX_ZOS_BOOLEAN : NGX_ZOS_MAP);
            ngx_zos_put(doc, "}");
        }
    }
}


static ngx_uint_t
ngx_zos_openapi_seen(ngx_zos_openapi_t *doc, const ngx_zos_op_t *until,
    const ngx_zos_view_t *view)
{
    ngx_uint_t            number;
    const ngx_zos_op_t   *op;
    const ngx_zos_ops_t  *group;

    op = NULL;

    while ((op = ngx_zos_openapi_next(doc, &group, op, &number)) != until) {
        if (op->view && op->view->name.len == view->name.len
            && ngx_memcmp(op->view->name.data, view->name.data,
                          view->name.len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_zos_openapi_members(ngx_zos_openapi_t *doc,
    const ngx_zos_member_t *members)
{
    ngx_uint_t               i, n;
    const ngx_zos_member_t  *member;

    ngx_zos_put(doc, "{\"type\":\"object\",\"required\":[");

    n = 0;

    for (i = 0; members[i].name.len; i++) {

        if (members[i].optional) {
            continue;
        }

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &members[i].name);
    }

    ngx_zos_put(doc, "],\"properties\":{");

    for (i = 0; members[i].name.len; i++) {
        member = &members[i];

        if (i) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &member->name);
        ngx_zos_put(doc, ":");

        if (member->type == NGX_ZOS_OBJECT) {
            ngx_zos_openapi_members(doc, member->members);
            continue;
        }

        ngx_zos_put(doc, "{\"description\":");
        ngx_zos_puts(doc, &member->text);
        ngx_zos_put(doc, ",");

        if (member->type == NGX_ZOS_OBJECTS) {
            ngx_zos_put(doc, "\"type\":\"array\",\"items\":");
            ngx_zos_openapi_members(doc, member->members);

        } else if (member->nullable) {
            ngx_zos_put(doc, "\"type\":[\"object\",\"null\"]");

        } else {
            ngx_zos_openapi_type(doc, member->type);
        }

        ngx_zos_put(doc, "}");
    }

    ngx_zos_put(doc, "}}");
}


static void
ngx_zos_openapi_fields(ngx_zos_openapi_t *doc, const ngx_zos_field_t *fields)
{
    ngx_uint_t              n;
    const ngx_zos_field_t  *field;

    ngx_zos_put(doc, "{\"type\":\"object\",\"required\":[");

    n = 0;

    for (field = fields; field->name.len; field++) {

        /* either spelling will do, which "required" can't say */

        if (!field->required || field->alias.len || field->presets) {
            continue;
        }

        if (n++) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &field->name);
    }

    ngx_zos_put(doc, "],\"properties\":{");

    for (field = fields; field->name.len; field++) {

        if (field != fields) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &field->name);
        ngx_zos_put(doc, ":");
        ngx_zos_openapi_field(doc, field);

        if (field->alias.len) {
            ngx_zos_put(doc, ",");
            ngx_zos_puts(doc, &field->alias);
            ngx_zos_put(doc, ":");
            ngx_zos_openapi_field(doc, field);
        }
    }

    ngx_zos_put(doc, "}}");
}


static void
ngx_zos_openapi_field(ngx_zos_openapi_t *doc, const ngx_zos_field_t *field)
{
    if (field->type == NGX_ZOS_OBJECT) {
        ngx_zos_openapi_fields(doc, field->fields);
        return;
    }

    ngx_zos_put(doc, "{");

    if (field->text.len) {
        ngx_zos_put(doc, "\"description\":");
        ngx_zos_puts(doc, &field->text);
        ngx_zos_put(doc, ",");
    }

    if (field->type == NGX_ZOS_OBJECTS) {
        ngx_zos_put(doc, "\"type\":\"array\",\"items\":");
        ngx_zos_openapi_fields(doc, field->fields);

    } else {
        ngx_zos_openapi_type(doc, field->type);
    }

    if (field->values && field->type == NGX_ZOS_STRING) {
        ngx_zos_openapi_values(doc, field->values);
    }

    if (field->bounded && field->type == NGX_ZOS_INTEGER) {
        ngx_zos_put(doc, ",\"minimum\":");
        ngx_zos_out_integer(&doc->out, field->min);
        ngx_zos_put(doc, ",\"maximum\":");
        ngx_zos_out_integer(&doc->out, field->max);
    }

    ngx_zos_put(doc, "}");
}


static void
ngx_zos_openapi_values(ngx_zos_openapi_t *doc, const ngx_str_t *values)
{
    ngx_uint_t  i;

    ngx_zos_put(doc, ",\"enum\":[");

    for (i = 0; values[i].len; i++) {

        if (i) {
            ngx_zos_put(doc, ",");
        }

        ngx_zos_puts(doc, &values[i]);
    }

    ngx_zos_put(doc, "]");
}


static void
ngx_zos_openapi_type(ngx_zos_openapi_t *doc, ngx_uint_t type)
{
    static const ngx_str_t  types[] = {
        ngx_string("\"type\":\"string\""),       /* NGX_ZOS_STRING */
        ngx_string("\"type\":\"integer\""),
        ngx_string("\"type\":\"number\""),
        ngx_string("\"type\":\"boolean\""),
        ngx_string("\"type\":\"array\",\"items\":{\"type\":\"string\"}"),
        ngx_string("\"type\":\"array\",\"items\":{\"type\":\"number\"}"),
        ngx_string("\"type\":\"object\""),
        ngx_string("\"type\":\"array\""),
        ngx_string("\"type\":\"object\"")        /* NGX_ZOS_MAP */
    };

    ngx_zos_out_str(&doc->out, &types[type]);
}
