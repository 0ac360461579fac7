
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * JSON bodies: one value, not larger than zos_body_max.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>

#include <jansson.h>


static ngx_int_t ngx_zos_body_type(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_too_large(ngx_zos_flow_t *f);
static void ngx_zos_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_zos_body_text(ngx_zos_flow_t *f, ngx_str_t *text);
static ngx_int_t ngx_zos_body_copy(ngx_http_request_t *r, ngx_buf_t *b,
    u_char *dst);
static ngx_int_t ngx_zos_body_parse(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_array(ngx_zos_flow_t *f,
    ngx_pool_cleanup_t *cln);
static void ngx_zos_body_cleanup(void *data);


ngx_int_t
ngx_zos_body_read(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = f->request;

    if (ngx_zos_body_type(f) != NGX_OK
        || (r->headers_in.content_length_n > (off_t) f->conf->body_max
            && ngx_zos_body_too_large(f) != NGX_OK))
    {
        return ngx_zos_refuse(f);
    }

    rc = ngx_http_read_client_request_body(r, ngx_zos_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* anything else is taken for JSON, as "curl -d" does not say what it sends */

static ngx_int_t
ngx_zos_body_type(ngx_zos_flow_t *f)
{
    ngx_str_t         type;
    ngx_table_elt_t  *h;

    h = f->request->headers_in.content_type;

    if (h == NULL) {
        return NGX_OK;
    }

    type = h->value;

    if (ngx_strncasecmp(type.data, (u_char *) "multipart/", 10) != 0
        && ngx_strncasecmp(type.data,
                           (u_char *) "application/octet-stream", 24)
           != 0)
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "media type",
                        "the body must be JSON");
}


static ngx_int_t
ngx_zos_body_too_large(ngx_zos_flow_t *f)
{
    return ngx_zos_fail(f, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body size",
                        "the body must not be larger than %uz bytes",
                        f->conf->body_max);
}


static void
ngx_zos_body_handler(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_zos_flow_t  *f;

    f = ngx_http_get_module_ctx(r, ngx_zos_module);

    if (ngx_zos_body_parse(f) != NGX_OK
        || ngx_zos_schema(f, f->op->body, f->json) != NGX_OK)
    {
        ngx_http_finalize_request(r, ngx_zos_reply(f));
        return;
    }

    rc = ngx_zos_flow_start(f);

    /* while it waits, it has the count that reading the body took */

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_zos_body_parse(ngx_zos_flow_t *f)
{
    ngx_str_t            text;
    json_error_t         error;
    ngx_pool_cleanup_t  *cln;

    if (ngx_zos_body_text(f, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0 && (f->op->flags & NGX_ZOS_OP_EMPTY)) {
        ngx_str_set(&text, "{}");
    }

    if (text.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the request needs a JSON body");
    }

    cln = ngx_pool_cleanup_add(f->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    f->json = json_loadb((char *) text.data, text.len,
                         JSON_REJECT_DUPLICATES, &error);

    if (f->json == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body is not valid JSON, line %d column %d: "
                            "%s", error.line, error.column, error.text);
    }

    cln->handler = ngx_zos_body_cleanup;
    cln->data = f->json;

    if (f->op->flags & NGX_ZOS_OP_ARRAY) {
        return ngx_zos_body_array(f, cln);
    }

    if (!json_is_object(f->json)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body must be a JSON object");
    }

    return NGX_OK;
}


/* as the one member of an object, for those who look for members */

static ngx_int_t
ngx_zos_body_array(ngx_zos_flow_t *f, ngx_pool_cleanup_t *cln)
{
    json_t  *object;

    if (!json_is_array(f->json)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body must be a JSON array");
    }

    object = json_object();

    if (object == NULL) {
        return NGX_ERROR;
    }

    if (json_object_set_new(object, (char *) f->op->body->name.data, f->json)
        != 0)
    {
        cln->data = object;
        return NGX_ERROR;
    }

    f->json = object;
    cln->data = object;

    return NGX_OK;
}


static void
ngx_zos_body_cleanup(void *data)
{
    json_decref(data);
}


/* memory, or what nginx has put aside into a temporary file, or both */

static ngx_int_t
ngx_zos_body_text(ngx_zos_flow_t *f, ngx_str_t *text)
{
    off_t                size;
    u_char              *p;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = f->request;

    ngx_str_null(text);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    size = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size > (off_t) f->conf->body_max) {
        return ngx_zos_body_too_large(f);
    }

    text->data = ngx_pnalloc(r->pool, (size_t) size + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    p = text->data;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        if (ngx_zos_body_copy(r, cl->buf, p) != NGX_OK) {
            return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                "internal", "the body can't be read");
        }

        p += ngx_buf_size(cl->buf);
    }

    text->len = p - text->data;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_body_copy(ngx_http_request_t *r, ngx_buf_t *b, u_char *dst)
{
    size_t  size;

    size = (size_t) ngx_buf_size(b);

    if (size == 0) {
        /* the last one may be special, and have neither memory nor file */
        return NGX_OK;
    }

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(dst, b->pos, size);
        return NGX_OK;
    }

    if (ngx_read_file(b->file, dst, size, b->file_pos) != (ssize_t) size) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_body_member(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_str_t *text)
{
    json_t         *value;
    ngx_zos_out_t   out;

    value = ngx_zos_body_clean(f, (char *) arg->key.data);

    if (value == NULL) {
        *text = arg->absent;
        return text->len ? NGX_OK : NGX_DECLINED;
    }

    if (ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_json(&out, value);

    return ngx_zos_out_done(&out, text);
}
