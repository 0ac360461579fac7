
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The body of an upload, as far as it has come, into the block that is to be
 * written next.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_upload.h>


static void ngx_zos_upload_body_handler(ngx_http_request_t *r);
static void ngx_zos_upload_reader(ngx_http_request_t *r);
static ngx_int_t ngx_zos_upload_take(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_upload_take_buf(ngx_zos_flow_t *f, ngx_buf_t *b);


ngx_int_t
ngx_zos_upload_start(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_zos_upload_t    *u;
    ngx_http_request_t  *r;

    r = f->request;
    u = f->ctx;

    u->started = 1;
    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_zos_upload_body_handler);

    if (rc == NGX_ERROR || rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return ngx_zos_fail(f, rc == NGX_ERROR
                               ? NGX_HTTP_INTERNAL_SERVER_ERROR
                               : (ngx_uint_t) rc,
                            "bad body", "the body can't be read");
    }

    /* the flow has a count of its own */

    r->main->count--;

    return NGX_OK;
}


static void
ngx_zos_upload_body_handler(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_zos_upload_reader;
}


static void
ngx_zos_upload_reader(ngx_http_request_t *r)
{
    ngx_zos_flow_t  *f;

    f = ngx_http_get_module_ctx(r, ngx_zos_module);

    if (r->connection->read->timedout) {
        r->connection->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (f->waiting) {
        ngx_zos_flow_resume(f);
    }
}


/* it is the node that is waited for, and the client is not late */

void
ngx_zos_upload_pause(ngx_zos_flow_t *f)
{
    ngx_event_t  *rev;

    rev = f->request->connection->read;

    if (rev->timer_set) {
        ngx_del_timer(rev);
    }
}


ngx_int_t
ngx_zos_upload_fill(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_zos_upload_t    *u;
    ngx_http_request_t  *r;

    r = f->request;
    u = f->ctx;

    for ( ;; ) {

        if (f->error.len) {
            return NGX_ERROR;
        }

        rc = ngx_zos_upload_take(f);

        if (rc != NGX_OK || u->read || u->full) {
            return rc;
        }

        /* here all that has arrived is taken */

        if (!r->reading_body) {
            u->read = 1;
            return NGX_OK;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc == NGX_ERROR || rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return ngx_zos_fail(f, rc == NGX_ERROR
                                   ? NGX_HTTP_BAD_REQUEST : (ngx_uint_t) rc,
                                "bad body", "the body can't be read");
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return NGX_AGAIN;
        }
    }
}


/* what has arrived, as far as the block has room for it */

static ngx_int_t
ngx_zos_upload_take(ngx_zos_flow_t *f)
{
    ngx_buf_t           *b;
    ngx_int_t            rc;
    ngx_zos_upload_t    *u;
    ngx_http_request_t  *r;

    r = f->request;
    u = f->ctx;

    while (r->request_body && r->request_body->bufs) {

        b = ngx_zos_body_buf(r, &u->piece);
        if (b == NULL) {
            return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                "internal", "the body can't be read");
        }

        rc = ngx_zos_upload_take_buf(f, b);

        if (rc != NGX_OK) {
            return rc == NGX_AGAIN ? NGX_OK : rc;
        }

        ngx_zos_body_next(r);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_upload_take_buf(ngx_zos_flow_t *f, ngx_buf_t *b)
{
    size_t             len;
    ngx_int_t          rc;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (u->multipart) {
        rc = ngx_zos_multipart(u->multipart, &b->pos, b->last, &u->pos,
                               u->end);

        /* what may be a delimiter is held back, and may not fit any more */

        u->full = (rc == NGX_AGAIN || u->pos == u->end);

        if (rc == NGX_ERROR) {
            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                "the body is not valid multipart/form-data");
        }

        return rc;
    }

    len = ngx_min(b->last - b->pos, u->end - u->pos);

    /* the last buffer may have no memory at all */

    if (len) {
        u->pos = ngx_cpymem(u->pos, b->pos, len);
    }

    u->full = (u->pos == u->end);
    u->size += len;
    b->pos += len;

    if (u->max && u->size > u->max) {
        return ngx_zos_upload_too_large(f);
    }

    return b->pos == b->last ? NGX_OK : NGX_AGAIN;
}


ngx_int_t
ngx_zos_upload_too_large(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = f->ctx;

    return ngx_zos_fail(f, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "body size",
                        "the body must not be larger than %uz bytes", u->max);
}
