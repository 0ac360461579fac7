
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The OpenAPI document of any choice of operations: patterns of the input,
 * one a line, as zos_operations has them.  The first byte says whether there
 * are AYS and tokens.
 */


#include "fuzz.h"


static ngx_uint_t fuzz_patterns(ngx_str_t *input, ngx_zos_loc_conf_t *conf,
    ngx_pool_t *pool);
static void fuzz_document(ngx_zos_loc_conf_t *conf, json_t *doc);
static void fuzz_refs(json_t *schemas, json_t *value);
static ngx_uint_t fuzz_allowed(ngx_zos_loc_conf_t *conf, ngx_uint_t n);
static void fuzz_document_body(json_t *body, const ngx_zos_op_t *op);
static json_t *fuzz_operation(json_t *doc, const ngx_zos_op_t *op);


void
fuzz_openapi(ngx_str_t *input)
{
    json_t              *doc;
    ngx_uint_t           flags;
    ngx_http_request_t  *r;
    ngx_zos_loc_conf_t   conf;
    static void         *loc_conf[64];

    flags = fuzz_byte(input);

    r = fuzz_request(FUZZ_2017);

    conf = *fuzz_conf(flags & 1 ? FUZZ_2018 : FUZZ_2017);

    if (flags & 2) {
        ngx_str_null(&conf.ays);
    }

    /* of the document, not of who asks for it: see fuzz_jwt() */

    if (fuzz_patterns(input, &conf, r->pool) == 0) {
        fuzz_request_free();
        return;
    }

    ngx_memcpy(loc_conf, r->loc_conf, sizeof(void *) * ngx_http_max_module);
    loc_conf[ngx_zos_module.ctx_index] = &conf;

    r->loc_conf = loc_conf;
    r->method = NGX_HTTP_GET;

    fuzz_assert(ngx_zos_openapi_handler(r) == NGX_OK);
    fuzz_assert(fuzz_answer.sent);

    /* some kilobytes for each operation */

    fuzz_assert(fuzz_answer.body.len < (1 << 20));

    doc = json_loadb((char *) fuzz_answer.body.data, fuzz_answer.body.len,
                     JSON_REJECT_DUPLICATES, NULL);
    fuzz_assert(doc);

    fuzz_document(&conf, doc);
    fuzz_refs(json_object_get(json_object_get(doc, "components"), "schemas"),
              doc);

    json_decref(doc);

    fuzz_request_free();
}


/* by the module's own merge, as the configuration does it; 0: not valid */

static ngx_uint_t
fuzz_patterns(ngx_str_t *input, ngx_zos_loc_conf_t *conf, ngx_pool_t *pool)
{
    char                *rc;
    ngx_conf_t           cf;
    ngx_str_t           *pattern;
    ngx_http_module_t   *module;
    ngx_zos_loc_conf_t  *chosen;

    ngx_memzero(&cf, sizeof(ngx_conf_t));

    cf.pool = pool;
    cf.log = fuzz_cycle->log;
    cf.cycle = fuzz_cycle;
    cf.ctx = ((ngx_http_core_srv_conf_t *)
              fuzz_answer.request->srv_conf[ngx_http_core_module.ctx_index])
             ->ctx;

    module = ngx_zos_module.ctx;

    chosen = module->create_loc_conf(&cf);
    fuzz_assert(chosen);

    if (input->len) {
        chosen->operations = ngx_array_create(pool, 4, sizeof(ngx_str_t));
        fuzz_assert(chosen->operations);
    }

    while (input->len) {
        pattern = ngx_array_push(chosen->operations);
        fuzz_assert(pattern);

        *pattern = fuzz_until(input, LF);
    }

    rc = module->merge_loc_conf(&cf, conf, chosen);

    conf->allowed = chosen->allowed;

    return rc == NGX_CONF_OK;
}


static ngx_uint_t
fuzz_allowed(ngx_zos_loc_conf_t *conf, ngx_uint_t n)
{
    const ngx_zos_op_t  *op;

    op = fuzz_op(n);

    return (conf->allowed == NULL || conf->allowed[n])
           && (conf->ays.len || !(op->flags & NGX_ZOS_OP_AYS));
}


/* what is served is in it, and nothing else is */

static void
fuzz_document(ngx_zos_loc_conf_t *conf, json_t *doc)
{
    size_t               methods;
    json_t              *path, *operation;
    ngx_uint_t           n, served;
    const char          *key;
    const ngx_zos_op_t  *op;

    served = 0;

    for (n = 0; (op = fuzz_op(n)) != NULL; n++) {
        operation = fuzz_operation(doc, op);

        if (!fuzz_allowed(conf, n)) {
            fuzz_assert(operation == NULL);
            continue;
        }

        served++;

        fuzz_assert(strcmp(json_string_value(json_object_get(operation,
                                                             "operationId")),
                           (char *) op->name.data) == 0);
        fuzz_assert(json_is_object(json_object_get(operation, "responses")));

        operation = json_object_get(operation, "requestBody");

        fuzz_document_body(operation, op);
    }

    methods = 0;

    json_object_foreach(json_object_get(doc, "paths"), key, path) {
        fuzz_assert(json_object_size(path));
        methods += json_object_size(path);
    }

    fuzz_assert(methods == served);
}


static void
fuzz_document_body(json_t *body, const ngx_zos_op_t *op)
{
    json_t      *content, *schema;
    ngx_uint_t   i;

    fuzz_assert((body != NULL)
                == (op->body || (op->flags & NGX_ZOS_OP_UPLOAD)));

    if (body == NULL) {
        return;
    }

    content = json_object_get(body, "content");

    fuzz_assert(json_is_true(json_object_get(body, "required"))
                == !(op->flags & NGX_ZOS_OP_EMPTY));

    if (op->body) {
        schema = json_object_get(json_object_get(content, "application/json"),
                                 "schema");

        fuzz_assert(json_object_size(content) == 1);
        fuzz_assert(strcmp(json_string_value(json_object_get(schema, "type")),
                           op->flags & NGX_ZOS_OP_ARRAY ? "array" : "object")
                    == 0);
        return;
    }

    for (i = 0; i < 2 && op->media[i].len; i++) {
        fuzz_assert(json_object_get(content, (char *) op->media[i].data));
    }

    fuzz_assert(i && json_object_size(content) == i);
}


static json_t *
fuzz_operation(json_t *doc, const ngx_zos_op_t *op)
{
    const char  *method;

    method = op->method == NGX_HTTP_GET ? "get"
             : op->method == NGX_HTTP_POST ? "post"
             : op->method == NGX_HTTP_PUT ? "put" : "delete";

    return json_object_get(json_object_get(json_object_get(doc, "paths"),
                                           (char *) op->path.data),
                           method);
}


static void
fuzz_refs(json_t *schemas, json_t *value)
{
    size_t       i;
    json_t      *item;
    const char  *key, *name;

    json_array_foreach(value, i, item) {
        fuzz_refs(schemas, item);
    }

    json_object_foreach(value, key, item) {

        if (strcmp(key, "$ref") == 0) {
            name = json_string_value(item);
            fuzz_assert(name);

            if (strncmp(name, "#/components/schemas/", 21) == 0) {
                fuzz_assert(json_object_get(schemas, name + 21));
            }
        }

        fuzz_refs(schemas, item);
    }
}
