
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * JSON bodies: one value, not larger than zos_body_max.  It is read into
 * memory, and no further than that: a chunked one does not say how much there
 * is, and nginx would write all of it into a file first.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>

#include <jansson.h>


#define NGX_ZOS_BODY_VALUES  16384   /* JSON values */
#define NGX_ZOS_BODY_FIRST   4096    /* bytes of memory, if none says more */
#define NGX_ZOS_BODY_PIECE   65536   /* bytes of a file */


static ngx_int_t ngx_zos_body_type(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_too_large(ngx_zos_flow_t *f);
static void ngx_zos_body_handler(ngx_http_request_t *r);
static void ngx_zos_body_reader(ngx_http_request_t *r);
static ngx_int_t ngx_zos_body_fill(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_take(ngx_zos_flow_t *f);
static void ngx_zos_body_done(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_parse(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_body_load(ngx_zos_flow_t *f, ngx_str_t *text);
static ngx_int_t ngx_zos_body_array(ngx_zos_flow_t *f,
    ngx_pool_cleanup_t *cln);
static void ngx_zos_body_cleanup(void *data);


ngx_int_t
ngx_zos_body_read(ngx_zos_flow_t *f)
{
    off_t                size;
    ngx_int_t            rc;
    ngx_zos_out_t       *out;
    ngx_http_request_t  *r;

    r = f->request;
    size = r->headers_in.content_length_n;

    if (ngx_zos_body_type(f) != NGX_OK
        || (size > (off_t) f->conf->body_max
            && ngx_zos_body_too_large(f) != NGX_OK))
    {
        return ngx_zos_refuse(f);
    }

    out = ngx_palloc(r->pool, sizeof(ngx_zos_out_t));

    if (out == NULL
        || ngx_zos_out_init(out, r->pool,
                            size > 0 ? (size_t) size : NGX_ZOS_BODY_FIRST)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    f->ctx = out;
    r->request_body_no_buffering = 1;

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
    r->read_event_handler = ngx_zos_body_reader;

    ngx_zos_body_reader(r);
}


static void
ngx_zos_body_reader(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_zos_flow_t  *f;

    f = ngx_http_get_module_ctx(r, ngx_zos_module);

    rc = ngx_zos_body_fill(f);

    if (rc == NGX_AGAIN) {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;

    if (rc == NGX_OK) {
        ngx_zos_body_done(f);
        return;
    }

    /* the rest of it is no next request */

    r->keepalive = 0;

    /* a caller who is slow or has left is told nothing */

    ngx_http_finalize_request(r, f->error.len ? ngx_zos_reply(f) : rc);
}


static ngx_int_t
ngx_zos_body_fill(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = f->request;

    for ( ;; ) {

        if (ngx_zos_body_take(f) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!r->reading_body) {
            return NGX_OK;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return rc;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return NGX_AGAIN;
        }
    }
}


static ngx_int_t
ngx_zos_body_take(ngx_zos_flow_t *f)
{
    ngx_buf_t            *b, *piece;
    ngx_zos_out_t        *out;
    ngx_http_request_t   *r;

    r = f->request;
    out = f->ctx;
    piece = NULL;

    while (r->request_body && r->request_body->bufs) {

        b = ngx_zos_body_buf(r, &piece);
        if (b == NULL) {
            return NGX_ERROR;
        }

        /* the last one may be special, and have no memory */

        if ((size_t) (b->last - b->pos)
            > f->conf->body_max - (out->pos - out->start))
        {
            return ngx_zos_body_too_large(f);
        }

        ngx_zos_out(out, b->pos, b->last - b->pos);

        b->pos = b->last;

        ngx_zos_body_next(r);
    }

    return NGX_OK;
}


ngx_buf_t *
ngx_zos_body_buf(ngx_http_request_t *r, ngx_buf_t **piece)
{
    size_t      size;
    ngx_buf_t  *b, *p;

    b = r->request_body->bufs->buf;

    if (ngx_buf_in_memory(b) || !b->in_file) {
        return b;
    }

    if (*piece == NULL) {
        *piece = ngx_create_temp_buf(r->pool, NGX_ZOS_BODY_PIECE);
        if (*piece == NULL) {
            return NULL;
        }
    }

    p = *piece;

    if (p->pos < p->last) {
        return p;
    }

    size = (size_t) ngx_min(b->file_last - b->file_pos, NGX_ZOS_BODY_PIECE);

    if (ngx_read_file(b->file, p->start, size, b->file_pos)
        != (ssize_t) size)
    {
        return NULL;
    }

    p->pos = p->start;
    p->last = p->start + size;

    b->file_pos += size;

    return p;
}


void
ngx_zos_body_next(ngx_http_request_t *r)
{
    ngx_buf_t  *b;

    b = r->request_body->bufs->buf;

    if (!ngx_buf_in_memory(b) && b->in_file && b->file_pos < b->file_last) {
        return;
    }

    r->request_body->bufs = r->request_body->bufs->next;
}


static void
ngx_zos_body_done(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = f->request;

    if (ngx_zos_body_parse(f) != NGX_OK
        || ngx_zos_schema(f, NULL, f->op->body, f->op->rules, f->json)
           != NGX_OK)
    {
        ngx_http_finalize_request(r, ngx_zos_refuse(f));
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
    ngx_str_t       text;
    ngx_zos_out_t  *out;

    out = f->ctx;
    f->ctx = NULL;

    if (ngx_zos_out_done(out, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0 && (f->op->flags & NGX_ZOS_OP_EMPTY)) {
        ngx_str_set(&text, "{}");
    }

    if (text.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the request needs a JSON body");
    }

    /* jansson leaves out one that is behind a number */

    if (ngx_strlchr(text.data, text.data + text.len, '\0')) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body is not valid JSON, it has a zero byte");
    }

    if (ngx_zos_json_values(&text) > NGX_ZOS_BODY_VALUES) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body must not have more than %d values",
                            NGX_ZOS_BODY_VALUES);
    }

    return ngx_zos_body_load(f, &text);
}


static ngx_int_t
ngx_zos_body_load(ngx_zos_flow_t *f, ngx_str_t *text)
{
    size_t               len;
    u_char              *near;
    json_error_t         error;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(f->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    f->json = json_loadb((char *) text->data, text->len,
                         JSON_REJECT_DUPLICATES, &error);

    if (f->json == NULL) {

        /* it ends in what is there, and that may be a secret */

        near = (u_char *) ngx_strstr(error.text, " near ");
        len = near ? (size_t) (near - (u_char *) error.text)
                   : ngx_strlen(error.text);

        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body is not valid JSON, line %d column %d: "
                            "%*s", error.line, error.column, len, error.text);
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
