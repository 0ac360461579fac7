
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_capture.h>


#define NGX_ZOS_CAPTURE_AGAIN  1000      /* ms, for the next server */


static ngx_int_t ngx_zos_capture_request(ngx_zos_capture_t *capture,
    ngx_http_request_t *r);
static ngx_int_t ngx_zos_capture_prepare(ngx_zos_capture_t *capture,
    ngx_http_request_t *sr);
static ngx_int_t ngx_zos_capture_body(ngx_zos_capture_t *capture,
    ngx_http_request_t *sr);
static ngx_int_t ngx_zos_capture_header(ngx_zos_capture_t *capture,
    ngx_http_request_t *sr, char *name, ngx_str_t *value);
static void ngx_zos_capture_finalize(ngx_http_request_t *sr);
static ngx_zos_capture_t *ngx_zos_capture_of(ngx_http_request_t *r);
static ngx_int_t ngx_zos_capture_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_zos_capture_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_zos_capture_copy(ngx_zos_capture_t *capture,
    ngx_buf_t *b);
static ngx_int_t ngx_zos_capture_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static void ngx_zos_capture_event_handler(ngx_event_t *ev);
static void ngx_zos_capture_timer_handler(ngx_event_t *ev);
static ngx_int_t ngx_zos_capture_join(ngx_zos_capture_t *capture);
static void ngx_zos_capture_cleanup(void *data);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_zos_capture_t *
ngx_zos_capture_create(ngx_http_request_t *r)
{
    ngx_pool_t          *pool;
    ngx_pool_cleanup_t  *cln;
    ngx_zos_capture_t   *capture;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    pool = ngx_create_pool(4096, r->connection->log);
    if (pool == NULL) {
        return NULL;
    }

    capture = ngx_pcalloc(pool, sizeof(ngx_zos_capture_t));
    if (capture == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    capture->pool = pool;
    capture->cleanup = cln;

    cln->handler = ngx_zos_capture_cleanup;
    cln->data = capture;

    return capture;
}


ngx_int_t
ngx_zos_capture_start(ngx_zos_capture_t *capture, ngx_http_request_t *r)
{
    capture->event.handler = ngx_zos_capture_event_handler;
    capture->event.data = capture;
    capture->event.log = r->connection->log;

    capture->timer.handler = ngx_zos_capture_timer_handler;
    capture->timer.data = capture;
    capture->timer.log = r->connection->log;

    capture->post.handler = ngx_zos_capture_done;
    capture->post.data = capture;

    if (ngx_zos_capture_request(capture, r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_zos_capture_prepare(capture, capture->request) == NGX_OK) {
        ngx_add_timer(&capture->timer, capture->timeout);
        return NGX_OK;
    }

    /* it is posted already, and ends at once */

    capture->request->write_event_handler = ngx_zos_capture_finalize;
    capture->handler = NULL;

    return NGX_ERROR;
}


static void
ngx_zos_capture_finalize(ngx_http_request_t *sr)
{
    ngx_http_finalize_request(sr, NGX_OK);
}


/*
 * All the memory of a subrequest would be the main request's, to its end:
 * about 10 KB for each look at a run.  So it gets a pool of its own, and with
 * it values of variables of its own, as those are cached.
 */

static ngx_int_t
ngx_zos_capture_request(ngx_zos_capture_t *capture, ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_pool_t          *pool;
    ngx_http_request_t  *sr;

    pool = r->pool;
    r->pool = capture->pool;

    rc = ngx_http_subrequest(r, &capture->uri,
                             capture->args.len ? &capture->args : NULL, &sr,
                             &capture->post, NGX_HTTP_SUBREQUEST_BACKGROUND);

    r->pool = pool;

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    capture->request = sr;

    return NGX_OK;
}


/* nothing of what the caller has sent goes to the backend */

static ngx_int_t
ngx_zos_capture_prepare(ngx_zos_capture_t *capture, ngx_http_request_t *sr)
{
    ngx_uint_t                  i;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  accept = ngx_string("application/json");

    static const struct {
        ngx_uint_t   method;
        ngx_str_t    name;
    } methods[] = {
        { NGX_HTTP_GET, ngx_string("GET ") },
        { NGX_HTTP_POST, ngx_string("POST ") },
        { NGX_HTTP_PUT, ngx_string("PUT ") },
        { NGX_HTTP_DELETE, ngx_string("DELETE ") }
    };

    for (i = 0; methods[i].method != capture->method; i++) { /* void */ }

    /* as of a request line: the space behind is nginx's */

    sr->method = methods[i].method;
    sr->method_name = methods[i].name;
    sr->method_name.len--;

    /* the body of the caller is not the subrequest's to be discarded */

    sr->discard_body = 0;

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    sr->variables = ngx_pcalloc(capture->pool,
                                cmcf->variables.nelts
                                * sizeof(ngx_http_variable_value_t));
    if (sr->variables == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.content_length_n = -1;
    sr->headers_in.keep_alive_n = -1;

    if (ngx_list_init(&sr->headers_in.headers, capture->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_zos_capture_header(capture, sr, "Accept", &accept) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_capture_body(capture, sr);
}


static ngx_int_t
ngx_zos_capture_body(ngx_zos_capture_t *capture, ngx_http_request_t *sr)
{
    ngx_buf_t                *b;
    ngx_chain_t              *cl;
    ngx_http_request_body_t  *rb;

    static ngx_str_t  type = ngx_string("application/json");

    rb = ngx_pcalloc(capture->pool, sizeof(ngx_http_request_body_t));
    if (rb == NULL) {
        return NGX_ERROR;
    }

    sr->request_body = rb;

    if (capture->method == NGX_HTTP_GET) {
        return NGX_OK;
    }

    sr->headers_in.content_length_n = capture->body.len;

    if (capture->body.len == 0) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(capture->pool);
    cl = ngx_alloc_chain_link(capture->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->pos = capture->body.data;
    b->last = capture->body.data + capture->body.len;
    b->memory = 1;
    b->last_buf = 1;

    cl->buf = b;
    cl->next = NULL;

    rb->bufs = cl;

    return ngx_zos_capture_header(capture, sr, "Content-Type", &type);
}


static ngx_int_t
ngx_zos_capture_header(ngx_zos_capture_t *capture, ngx_http_request_t *sr,
    char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    h->lowcase_key = ngx_pnalloc(capture->pool, h->key.len);
    if (h->lowcase_key == NULL) {
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);

    return NGX_OK;
}


/* a redirect inside of the subrequest keeps this, but not its contexts */

static ngx_zos_capture_t *
ngx_zos_capture_of(ngx_http_request_t *r)
{
    if (r == r->main || r->post_subrequest == NULL
        || r->post_subrequest->handler != ngx_zos_capture_done)
    {
        return NULL;
    }

    return r->post_subrequest->data;
}


static ngx_int_t
ngx_zos_capture_header_filter(ngx_http_request_t *r)
{
    ngx_zos_capture_t  *capture;

    capture = ngx_zos_capture_of(r);

    if (capture == NULL) {
        return ngx_http_next_header_filter(r);
    }

    r->header_sent = 1;
    r->filter_need_in_memory = 1;

    /*
     * What is buffered waits for the connection to be the subrequest's, which
     * that of a background one never is: past proxy_buffers it would stand
     * still.  A cached answer goes through a file and does not.
     */

    if (r->upstream && !r->upstream->cacheable) {
        r->upstream->buffering = 0;
    }

    capture->status = r->headers_out.status;
    capture->type = r->headers_out.content_type;

    if (r->headers_out.content_length_n > (off_t) capture->limit) {
        capture->too_large = 1;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_capture_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t        *cl;
    ngx_zos_capture_t  *capture;

    capture = ngx_zos_capture_of(r);

    if (capture == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {

        if (ngx_zos_capture_copy(capture, cl->buf) != NGX_OK) {

            /* nginx takes any error of a filter for one of the connection */

            if (!capture->failed) {
                capture->failed = 1;
                capture->broken = r->connection->error;
            }

            return NGX_ERROR;
        }

        /* what was cut off does not have it */

        if (cl->buf->last_buf || cl->buf->last_in_chain) {
            capture->complete = 1;
        }

        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_capture_copy(ngx_zos_capture_t *capture, ngx_buf_t *b)
{
    size_t        size;
    ngx_buf_t    *copy;
    ngx_chain_t  *cl;

    if (ngx_buf_special(b) || !ngx_buf_in_memory(b)) {
        return NGX_OK;
    }

    size = b->last - b->pos;

    if (size > capture->limit - capture->size) {
        capture->too_large = 1;
        return NGX_ERROR;
    }

    copy = ngx_create_temp_buf(capture->pool, size);
    cl = ngx_alloc_chain_link(capture->pool);

    if (copy == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    copy->last = ngx_cpymem(copy->last, b->pos, size);
    capture->size += size;

    /* the last first */

    cl->buf = copy;
    cl->next = capture->chain;
    capture->chain = cl;

    return NGX_OK;
}


/*
 * Whatever the subrequest came to, it ends quietly: an error would end the
 * main request, and a status would make a page.  A caller of HTTP/2 who left
 * is an error of the connection, which would do the same.
 */

static ngx_int_t
ngx_zos_capture_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_zos_capture_t  *capture = data;

    if (capture->done) {
        return NGX_OK;
    }

    capture->done = 1;
    capture->rc = rc;

    if (capture->timer.timer_set) {
        ngx_del_timer(&capture->timer);
    }

    if (capture->failed) {
        r->connection->error = capture->broken;
    }

    if (capture->detached && r->connection->error) {
        capture->gone = 1;
        r->connection->error = 0;
    }

    if (capture->handler && capture->unawaited) {
        ngx_zos_capture_event_handler(&capture->event);

    } else if (capture->handler) {
        ngx_post_event(&capture->event, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_zos_capture_event_handler(ngx_event_t *ev)
{
    ngx_zos_capture_t  *capture = ev->data;

    if (ngx_zos_capture_join(capture) != NGX_OK) {
        capture->complete = 0;
        capture->status = 0;
        capture->rc = NGX_ERROR;
    }

    capture->handler(capture);
}


/*
 * The connection to the backend times out, in whatever state it is.  There may
 * be none while a name is resolved, and a new one to the next server.
 */

static void
ngx_zos_capture_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t     *c;
    ngx_zos_capture_t    *capture;
    ngx_http_upstream_t  *u;

    capture = ev->data;
    u = capture->request->upstream;
    c = u ? u->peer.connection : NULL;

    capture->late = 1;

    ngx_add_timer(&capture->timer, NGX_ZOS_CAPTURE_AGAIN);

    if (c) {
        c->read->timedout = 1;
        c->write->timedout = 1;

        c->read->handler(c->read);
    }
}


static ngx_int_t
ngx_zos_capture_join(ngx_zos_capture_t *capture)
{
    size_t        size;
    u_char       *p;
    ngx_chain_t  *cl;

    if (capture->chain == NULL) {
        return NGX_OK;
    }

    capture->text.len = capture->size;

    if (capture->chain->next == NULL) {
        capture->text.data = capture->chain->buf->pos;
        return NGX_OK;
    }

    capture->text.data = ngx_pnalloc(capture->pool, capture->size);
    if (capture->text.data == NULL) {
        return NGX_ERROR;
    }

    p = capture->text.data + capture->size;

    for (cl = capture->chain; cl; cl = cl->next) {
        size = cl->buf->last - cl->buf->pos;
        p -= size;
        ngx_memcpy(p, cl->buf->pos, size);
    }

    return NGX_OK;
}


void
ngx_zos_capture_free(ngx_zos_capture_t *capture)
{
    if (capture->event.posted) {
        ngx_delete_posted_event(&capture->event);
    }

    if (capture->request && !capture->request->done) {
        capture->handler = NULL;
        return;
    }

    capture->cleanup->handler = NULL;

    ngx_destroy_pool(capture->pool);
}


static void
ngx_zos_capture_cleanup(void *data)
{
    ngx_zos_capture_t  *capture = data;

    if (capture->event.posted) {
        ngx_delete_posted_event(&capture->event);
    }

    if (capture->timer.timer_set) {
        ngx_del_timer(&capture->timer);
    }

    ngx_destroy_pool(capture->pool);
}


ngx_int_t
ngx_zos_capture_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_zos_capture_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_zos_capture_body_filter;

    return NGX_OK;
}
