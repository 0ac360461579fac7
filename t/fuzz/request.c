
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A request without a client: what a content handler is given, and what it
 * hands over for being sent.  Events and timers are nginx's own, in a time
 * that passes when there is nothing else to be done.
 */


#include "fuzz.h"
#include <ngx_event.h>


static void fuzz_request_connection(ngx_connection_t *c);
static ngx_str_t fuzz_param(ngx_str_t *name, ngx_str_t *node);


ngx_int_t __wrap_ngx_http_send_header(ngx_http_request_t *r);
ngx_int_t __wrap_ngx_http_output_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
void __wrap_ngx_http_finalize_request(ngx_http_request_t *r, ngx_int_t rc);
void __wrap_ngx_http_run_posted_requests(ngx_connection_t *c);
ngx_int_t __wrap_ngx_http_read_client_request_body(ngx_http_request_t *r,
    ngx_http_client_body_handler_pt handler);
ngx_int_t __wrap_ngx_http_read_unbuffered_request_body(ngx_http_request_t *r);
ngx_int_t __wrap_ngx_http_discard_request_body(ngx_http_request_t *r);


#define FUZZ_MAX_OPS  512


fuzz_answer_t  fuzz_answer;

static ngx_str_t           fuzz_body_text;
static ngx_connection_t    fuzz_client;
static ngx_event_t         fuzz_client_read, fuzz_client_write;
static ngx_log_t           fuzz_client_log;
static ngx_http_log_ctx_t  fuzz_client_log_ctx;


static struct {
    const char  *name;
    const char  *value;
} fuzz_params[] = {
    { "nodeid", "n1" },
    { "jobid", FUZZ_ID },
    { "runid", "4ae8c0b2e5ef6bb0d1b7ac6ac1c8fcd0" },
    { "processid", "1" },
    { "forwardid", "192.0.2.1:80" },
    { "macaddress", "52:54:00:12:34:56" },
    { "proxyid", "www.example" },
    { NULL, "a1" }
};


const ngx_zos_op_t *
fuzz_op(ngx_uint_t n)
{
    const ngx_zos_op_t          *op;
    const ngx_zos_ops_t         *group;
    static ngx_uint_t            count;
    static const ngx_zos_op_t   *ops[FUZZ_MAX_OPS];

    if (count == 0) {

        for (group = ngx_zos_ops; group->ops; group++) {
            for (op = group->ops; op->name.len; op++) {
                fuzz_assert(count < FUZZ_MAX_OPS);
                ops[count++] = op;
            }
        }
    }

    return n < count ? ops[n] : NULL;
}


const ngx_zos_op_t *
fuzz_op_named(ngx_str_t *name)
{
    ngx_uint_t            n;
    const ngx_zos_op_t   *op;

    for (n = 0; (op = fuzz_op(n)) != NULL; n++) {
        if (op->name.len == name->len
            && ngx_memcmp(op->name.data, name->data, name->len) == 0)
        {
            return op;
        }
    }

    return fuzz_op(ngx_crc32_short(name->data, name->len) % n);
}


static ngx_http_core_srv_conf_t *
fuzz_server(ngx_uint_t n)
{
    ngx_http_core_srv_conf_t   **cscfp;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(fuzz_cycle,
                                               ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    return cscfp[n];
}


ngx_zos_loc_conf_t *
fuzz_conf(ngx_uint_t server)
{
    return fuzz_server(server)->ctx->loc_conf[ngx_zos_module.ctx_index];
}


ngx_http_request_t *
fuzz_request(ngx_uint_t server)
{
    ngx_pool_t                *pool;
    ngx_http_request_t        *r;
    ngx_http_core_srv_conf_t  *cscf;

    fuzz_request_connection(&fuzz_client);

    pool = ngx_create_pool(1024, fuzz_cycle->log);
    fuzz_assert(pool);

    r = ngx_pcalloc(pool, sizeof(ngx_http_request_t));
    fuzz_assert(r);

    cscf = fuzz_server(server);

    r->signature = NGX_HTTP_MODULE;
    r->pool = pool;
    r->connection = &fuzz_client;
    r->main = r;
    r->count = 1;
    r->http_version = NGX_HTTP_VERSION_11;
    r->main_conf = cscf->ctx->main_conf;
    r->srv_conf = cscf->ctx->srv_conf;
    r->loc_conf = cscf->ctx->loc_conf;
    r->headers_in.content_length_n = -1;
    r->headers_out.content_length_n = -1;
    r->valid_unparsed_uri = 1;

    r->ctx = ngx_pcalloc(pool, sizeof(void *) * ngx_http_max_module);
    fuzz_assert(r->ctx);

    fuzz_assert(ngx_list_init(&r->headers_in.headers, pool, 4,
                              sizeof(ngx_table_elt_t)) == NGX_OK);
    fuzz_assert(ngx_list_init(&r->headers_out.headers, pool, 4,
                              sizeof(ngx_table_elt_t)) == NGX_OK);

    ngx_memzero(&fuzz_answer, sizeof(fuzz_answer_t));

    fuzz_answer.request = r;

    return r;
}


static void
fuzz_request_connection(ngx_connection_t *c)
{
    ngx_memzero(c, sizeof(ngx_connection_t));
    ngx_memzero(&fuzz_client_read, sizeof(ngx_event_t));
    ngx_memzero(&fuzz_client_write, sizeof(ngx_event_t));

    c->fd = (ngx_socket_t) -1;
    fuzz_client_log = *fuzz_cycle->log;
    fuzz_client_log.data = &fuzz_client_log_ctx;

    c->log = &fuzz_client_log;
    c->read = &fuzz_client_read;
    c->write = &fuzz_client_write;
    c->read->data = c;
    c->write->data = c;
    c->read->log = c->log;
    c->write->log = c->log;
}


/* as ngx_http_free_request() does */

void
fuzz_request_free(void)
{
    ngx_event_t          *ev[2];
    ngx_uint_t            i;
    ngx_http_request_t   *r;
    ngx_http_cleanup_t   *cln;

    r = fuzz_answer.request;
    cln = r->cleanup;
    r->cleanup = NULL;

    while (cln) {
        if (cln->handler) {
            cln->handler(cln->data);
        }

        cln = cln->next;
    }

    ev[0] = &fuzz_client_read;
    ev[1] = &fuzz_client_write;

    for (i = 0; i < 2; i++) {
        if (ev[i]->timer_set) {
            ngx_del_timer(ev[i]);
        }

        if (ev[i]->posted) {
            ngx_delete_posted_event(ev[i]);
        }
    }

    ngx_destroy_pool(r->pool);

    free(fuzz_answer.body.data);
    ngx_memzero(&fuzz_answer, sizeof(fuzz_answer_t));
}


void
fuzz_request_op(const ngx_zos_op_t *op, ngx_str_t *node)
{
    u_char              *p, *path, *last;
    ngx_str_t            name, value;
    ngx_http_request_t  *r;

    r = fuzz_answer.request;

    r->method = op->method;

    /* no value is longer */

    p = ngx_pnalloc(r->pool, op->path.len + NGX_ZOS_MAX_PARAMS * 64);
    fuzz_assert(p);

    r->unparsed_uri.data = p;
    last = op->path.data + op->path.len;

    for (path = op->path.data; path < last; path++) {

        if (*path != '{') {
            *p++ = *path;
            continue;
        }

        name.data = path + 1;
        path = ngx_strlchr(path, last, '}');
        name.len = path - name.data;

        value = fuzz_param(&name, node);
        p = ngx_cpymem(p, value.data, value.len);
    }

    r->unparsed_uri.len = p - r->unparsed_uri.data;
    r->uri = r->unparsed_uri;
}


/* a parameter's value; the node may be another one */

static ngx_str_t
fuzz_param(ngx_str_t *name, ngx_str_t *node)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    for (i = 0; fuzz_params[i].name; i++) {
        if (fuzz_is(name, fuzz_params[i].name)) {
            break;
        }
    }

    if (i == 0 && node) {
        return *node;
    }

    value.data = (u_char *) fuzz_params[i].value;
    value.len = strlen(fuzz_params[i].value);

    return value;
}


void
fuzz_run(ngx_http_request_t *r, ngx_str_t *body, ngx_uint_t events)
{
    ngx_int_t  rc;

    fuzz_body_text = *body;

    if (body->len) {
        r->headers_in.content_length_n = body->len;
    }

    rc = ngx_zos_handler(r);

    fuzz_answer.flow = ngx_http_get_module_ctx(r, ngx_zos_module);

    /* as ngx_http_core_content_phase() does */

    ngx_http_finalize_request(r, rc);

    fuzz_events(events);
}


void
fuzz_events(ngx_uint_t n)
{
    ngx_msec_t  left;

    while (n--) {

        if (!ngx_queue_empty(&ngx_posted_events)) {
            ngx_event_process_posted(fuzz_cycle, &ngx_posted_events);
            continue;
        }

        if (fuzz_answer.finalized) {
            return;
        }

        left = ngx_event_find_timer();

        if (left == NGX_TIMER_INFINITE) {
            return;
        }

        ngx_current_msec += left;

        ngx_event_expire_timers();
    }
}


ngx_int_t
__wrap_ngx_http_send_header(ngx_http_request_t *r)
{
    fuzz_assert(!r->header_sent);
    fuzz_assert(!fuzz_answer.finalized);

    r->header_sent = 1;
    fuzz_answer.sent = 1;

    if (r->method == NGX_HTTP_HEAD) {
        r->header_only = 1;
    }

    return NGX_OK;
}


ngx_int_t
__wrap_ngx_http_output_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    size_t      size;
    ngx_str_t  *body;

    fuzz_assert(r->header_sent);

    body = &fuzz_answer.body;

    for ( /* void */ ; in; in = in->next) {
        size = ngx_buf_size(in->buf);

        if (ngx_buf_special(in->buf) || size == 0) {
            continue;
        }

        body->data = realloc(body->data, body->len + size);
        fuzz_assert(body->data);

        ngx_memcpy(body->data + body->len, in->buf->pos, size);
        body->len += size;

        in->buf->pos = in->buf->last;
    }

    return NGX_OK;
}


void
__wrap_ngx_http_finalize_request(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc == NGX_DONE) {
        fuzz_assert(r->count > 1);
        r->count--;
        return;
    }

    fuzz_assert(!fuzz_answer.finalized);

    fuzz_answer.finalized = 1;
    fuzz_answer.rc = rc;
}


void
__wrap_ngx_http_run_posted_requests(ngx_connection_t *c)
{
    /* subrequests are backend.c's */
}


ngx_int_t
__wrap_ngx_http_read_client_request_body(ngx_http_request_t *r,
    ngx_http_client_body_handler_pt handler)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    r->main->count++;

    r->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));

    if (r->request_body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (fuzz_body_text.len) {
        b = ngx_calloc_buf(r->pool);
        cl = ngx_alloc_chain_link(r->pool);

        if (b == NULL || cl == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        b->pos = fuzz_body_text.data;
        b->last = b->pos + fuzz_body_text.len;
        b->memory = 1;
        b->last_buf = 1;

        cl->buf = b;
        cl->next = NULL;

        r->request_body->bufs = cl;
    }

    handler(r);

    return NGX_OK;
}


/* all of it was there at once */

ngx_int_t
__wrap_ngx_http_read_unbuffered_request_body(ngx_http_request_t *r)
{
    r->reading_body = 0;

    return NGX_OK;
}


ngx_int_t
__wrap_ngx_http_discard_request_body(ngx_http_request_t *r)
{
    return NGX_OK;
}
