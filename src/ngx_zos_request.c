
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The content handler: match, validate, start the flow.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>
#include <ngx_zos_ays.h>


static ngx_int_t ngx_zos_request_path(ngx_http_request_t *r, ngx_str_t *path);
static ngx_int_t ngx_zos_request_match(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_request_params(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_request_query(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_request_ays(ngx_zos_flow_t *f);


ngx_int_t
ngx_zos_handler(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_zos_flow_t  *f;

    f = ngx_zos_request_flow(r);
    if (f == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_zos_origin(f) != NGX_OK
        || ngx_zos_auth(f) != NGX_OK
        || ngx_zos_request_match(f) != NGX_OK
        || ngx_zos_request_params(f) != NGX_OK
        || ngx_zos_request_query(f) != NGX_OK
        || ngx_zos_request_ays(f) != NGX_OK)
    {
        return ngx_zos_refuse(f);
    }

    if (f->op->body) {
        return ngx_zos_body_read(f);
    }

    if (!(f->op->flags & NGX_ZOS_OP_UPLOAD)) {
        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_zos_flow_start(f);

    if (rc == NGX_DONE) {
        r->main->count++;
    }

    return rc;
}


ngx_zos_flow_t *
ngx_zos_request_flow(ngx_http_request_t *r)
{
    ngx_zos_flow_t  *f;

    f = ngx_pcalloc(r->pool, sizeof(ngx_zos_flow_t));
    if (f == NULL) {
        return NULL;
    }

    f->request = r;
    f->conf = ngx_http_get_module_loc_conf(r, ngx_zos_module);

    ngx_http_set_ctx(r, f, ngx_zos_module);

    return f;
}


/* without the body; nobody is asked to send one that is not wanted */

ngx_int_t
ngx_zos_refuse(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;

    if (f->error.len == 0) {
        (void) ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the gateway is out of memory");
    }

    f->request->expect_tested = 1;

    rc = ngx_http_discard_request_body(f->request);

    return rc == NGX_OK ? ngx_zos_reply(f) : rc;
}


ngx_int_t
ngx_zos_request_route(ngx_zos_flow_t *f)
{
    ngx_str_t             path;
    ngx_uint_t            method;
    ngx_http_request_t   *r;
    ngx_zos_main_conf_t  *zmcf;

    r = f->request;

    if (ngx_zos_request_path(r, &path) != NGX_OK) {
        return NGX_BUSY;
    }

    zmcf = ngx_http_get_module_main_conf(r, ngx_zos_module);

    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    return ngx_zos_route(r->pool, zmcf->routes, &path, method,
                         f->conf->allowed, &f->match);
}


static ngx_int_t
ngx_zos_request_match(ngx_zos_flow_t *f)
{
    switch (ngx_zos_request_route(f)) {

    case NGX_OK:
        f->op = f->match.op;
        return NGX_OK;

    case NGX_DECLINED:
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "unknown path",
                            "there is no such path in this API");

    case NGX_ABORT:
        return ngx_zos_request_no_method(f);

    case NGX_ERROR:
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad path",
                            "the path is not properly percent-encoded");

    default:
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the gateway is out of memory");
    }
}


ngx_int_t
ngx_zos_request_header(ngx_http_request_t *r, char *name, ngx_uint_t n,
    ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (header[i].key.len == len
                && ngx_strncasecmp(header[i].key.data, (u_char *) name, len)
                   == 0
                && n-- == 0)
            {
                *value = header[i].value;
                return NGX_OK;
            }
        }
    }

    return NGX_DECLINED;
}


/* raw as it was sent; what a rewrite made of it otherwise */

static ngx_int_t
ngx_zos_request_path(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char     *p;
    uintptr_t   escape;

    if (r->valid_unparsed_uri) {
        *path = r->unparsed_uri;

        p = ngx_strlchr(path->data, path->data + path->len, '?');

        if (p) {
            path->len = p - path->data;
        }

        p = ngx_strlchr(path->data, path->data + path->len, '#');

        if (p) {
            path->len = p - path->data;
        }

        return NGX_OK;
    }

    escape = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len,
                                NGX_ESCAPE_URI);

    path->len = r->uri.len + escape;
    path->data = ngx_pnalloc(r->pool, path->len);

    if (path->data == NULL) {
        return NGX_ERROR;
    }

    ngx_escape_uri(path->data, r->uri.data, r->uri.len, NGX_ESCAPE_URI);

    return NGX_OK;
}


ngx_int_t
ngx_zos_request_no_method(ngx_zos_flow_t *f)
{
    u_char      *p;
    ngx_str_t    allow;
    ngx_uint_t   i;
    u_char       buffer[64];

    static const struct {
        ngx_uint_t   method;
        ngx_str_t    name;
    } methods[] = {
        { NGX_HTTP_GET, ngx_string("GET, HEAD") },
        { NGX_HTTP_POST, ngx_string("POST") },
        { NGX_HTTP_PUT, ngx_string("PUT") },
        { NGX_HTTP_DELETE, ngx_string("DELETE") }
    };

    p = buffer;

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {

        if (f->match.methods & methods[i].method) {
            p = ngx_sprintf(p, "%s%V", p == buffer ? "" : ", ",
                            &methods[i].name);
        }
    }

    allow.data = buffer;
    allow.len = p - buffer;
    allow.data = ngx_pstrdup(f->request->pool, &allow);

    if (allow.data == NULL
        || ngx_zos_add_header(f->request, "Allow", &allow) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_ALLOWED, "method",
                        "this path does not know the method, but %V",
                        &allow);
}


static ngx_int_t
ngx_zos_request_params(ngx_zos_flow_t *f)
{
    ngx_uint_t              i;
    ngx_zos_arg_value_t    *arg;
    const ngx_zos_param_t  *param;

    for (i = 0; i < f->match.nargs; i++) {
        arg = &f->match.args[i];
        param = ngx_zos_param(&arg->name);

        if (param->check(&arg->value) != NGX_OK) {

            /* what is no name is nothing for a log line either */

            f->match.nargs = i;

            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                                "%V in the path %V", &param->name,
                                &param->rule);
        }
    }

    return NGX_OK;
}


/* what it says becomes part of JSON texts */

static ngx_int_t
ngx_zos_request_query(ngx_zos_flow_t *f)
{
    u_char     *src, *dst;
    ngx_str_t   query;

    if (f->op->query == NULL || f->request->args.len == 0) {
        return NGX_OK;
    }

    query.data = ngx_pnalloc(f->request->pool, f->request->args.len);
    if (query.data == NULL) {
        return NGX_ERROR;
    }

    src = f->request->args.data;
    dst = query.data;

    ngx_unescape_uri(&dst, &src, f->request->args.len, 0);

    query.len = dst - query.data;

    if (!ngx_zos_json_is_utf8(&query)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                            "the query must be UTF-8");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_request_ays(ngx_zos_flow_t *f)
{
    ngx_uint_t  presets;

    if ((f->op->flags & NGX_ZOS_OP_AYS) == 0) {
        return NGX_OK;
    }

    if (f->conf->ays.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "no ays",
                            "%V needs AYS, which this location does not have",
                            &f->op->name);
    }

    if (f->op->ays == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "no ays",
                            "%V is not there yet", &f->op->name);
    }

    presets = f->op->ays->presets;

    if (presets == 0 || (presets & f->conf->ays_templates)) {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "other templates",
                        "%V needs the templates of %s, which AYS does not "
                        "have here", &f->op->name,
                        presets == NGX_ZOS_2017 ? "2017" : "2018");
}
