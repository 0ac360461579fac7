
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


/*
 * The one table from what happened to a call to what the caller is told.
 */

typedef struct {
    ngx_uint_t     status;
    char          *reason;       /* for $zos_error */
    char          *sentence;     /* about node "%V" */
} ngx_zos_failure_t;


static ngx_zos_failure_t  ngx_zos_failures[] = {

    /* NGX_ZOS_OK */
    { NGX_HTTP_OK, "", "" },

    /* NGX_ZOS_BUSY */
    { NGX_HTTP_SERVICE_UNAVAILABLE, "busy",
      "too many requests are waiting for node \"%V\", try again later" },

    /* NGX_ZOS_RESOLVE */
    { NGX_HTTP_BAD_GATEWAY, "resolve",
      "the address of node \"%V\" can't be resolved" },

    /* NGX_ZOS_CONNECT */
    { NGX_HTTP_BAD_GATEWAY, "connect",
      "node \"%V\" can't be reached" },

    /* NGX_ZOS_CONNECT_TIMEOUT */
    { NGX_HTTP_GATEWAY_TIME_OUT, "connect timeout",
      "node \"%V\" can't be reached in time" },

    /* NGX_ZOS_TLS */
    { NGX_HTTP_BAD_GATEWAY, "tls",
      "no TLS connection to node \"%V\" can be made" },

    /* NGX_ZOS_AUTH */
    { NGX_HTTP_BAD_GATEWAY, "auth",
      "node \"%V\" refuses the gateway's credentials" },

    /* NGX_ZOS_CLOSED */
    { NGX_HTTP_BAD_GATEWAY, "closed",
      "node \"%V\" closed the connection without an answer" },

    /* NGX_ZOS_PROTOCOL */
    { NGX_HTTP_BAD_GATEWAY, "protocol",
      "node \"%V\" sent an invalid answer" },

    /* NGX_ZOS_TOO_LARGE */
    { NGX_HTTP_BAD_GATEWAY, "too large",
      "the answer of node \"%V\" is too large" },

    /* NGX_ZOS_NOT_ACCEPTED */
    { NGX_HTTP_GATEWAY_TIME_OUT, "not accepted",
      "core0 of node \"%V\" did not take the command in time" },

    /* NGX_ZOS_TIMEOUT */
    { NGX_HTTP_GATEWAY_TIME_OUT, "timeout",
      "node \"%V\" gave no result in time" },

    /* NGX_ZOS_UNKNOWN_COMMAND */
    { NGX_HTTP_NOT_IMPLEMENTED, "unknown command",
      "core0 of node \"%V\" is too old for this operation" },

    /* NGX_ZOS_FAILED */
    { NGX_HTTP_INTERNAL_SERVER_ERROR, "failed",
      "the command failed on node \"%V\"" },

    /* NGX_ZOS_STALE */
    { NGX_HTTP_BAD_GATEWAY, "stale",
      "the connections to node \"%V\" do not last" },

    /* NGX_ZOS_INTERNAL */
    { NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
      "the gateway has no memory for a call to node \"%V\"" }
};


const char *
ngx_zos_reason(ngx_zos_error_e error)
{
    return ngx_zos_failures[error].reason;
}


static ngx_int_t ngx_zos_no_store(ngx_http_request_t *r);
static ngx_table_elt_t *ngx_zos_push_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);
static ngx_int_t ngx_zos_send(ngx_zos_flow_t *f, ngx_str_t *text);


ngx_int_t
ngx_zos_core0_failure(ngx_zos_flow_t *f)
{
    int64_t             code;
    ngx_zos_call_t     *call;
    ngx_zos_result_t   *result;
    ngx_zos_failure_t  *failure;

    call = f->call;
    failure = &ngx_zos_failures[call->error];

    if (call->error != NGX_ZOS_FAILED) {
        return ngx_zos_fail(f, failure->status, failure->reason,
                            failure->sentence, &f->peer.node);
    }

    if (f->container && ngx_zos_container_gone(f)) {
        return NGX_ERROR;
    }

    result = &call->result;
    code = result->code;

    /* what 401, 403 and 407 say about is the gateway and not its caller */

    if (code < 400 || code > 499 || code == 401 || code == 403
        || code == 407)
    {
        code = failure->status;
    }

    if (result->text.len) {
        return ngx_zos_fail(f, (ngx_uint_t) code, failure->reason,
                            "%V", &result->text);
    }

    return ngx_zos_fail(f, (ngx_uint_t) code, failure->reason,
                        "the command ended with state %V on node \"%V\"",
                        &result->state, &f->peer.node);
}


ngx_int_t
ngx_zos_reply(ngx_zos_flow_t *f)
{
    ngx_http_request_t  *r;

    static ngx_str_t  retry = ngx_string("1");

    r = f->request;

    if (f->headers) {

        /* what breaks midway breaks visibly: without the end of the body */

        return f->error.len ? NGX_ERROR
                            : ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    if (f->status == 0) {
        f->status = f->op->status ? f->op->status : NGX_HTTP_OK;
    }

    if (f->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_zos_add_header(r, "Retry-After", &retry) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* headers_out.location would become an absolute URL */

    if (f->location.len
        && ngx_zos_add_header(r, "Location", &f->location) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (f->status == NGX_HTTP_NO_CONTENT) {
        ngx_str_null(&f->body);
    }

    return ngx_zos_send(f, &f->body);
}


ngx_int_t
ngx_zos_send_header(ngx_zos_flow_t *f, const ngx_str_t *type)
{
    ngx_http_request_t  *r;

    r = f->request;

    if (ngx_zos_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (type) {
        r->headers_out.content_type = *type;
        r->headers_out.content_type_len = type->len;
    }

    r->headers_out.status = f->status;

    r->connection->log->action = "sending to client";

    f->headers = 1;

    return ngx_http_send_header(r);
}


/* known to nginx, so that "expires" replaces it and does not add another */

static ngx_int_t
ngx_zos_no_store(ngx_http_request_t *r)
{
    ngx_table_elt_t   *h;
#if (nginx_version < 1023000)
    ngx_table_elt_t  **cc;
#endif

    static ngx_str_t  no_store = ngx_string("no-store");

    h = ngx_zos_push_header(r, "Cache-Control", &no_store);
    if (h == NULL) {
        return NGX_ERROR;
    }

#if (nginx_version >= 1023000)

    h->next = NULL;
    r->headers_out.cache_control = h;

#else

    if (r->headers_out.cache_control.elts == NULL
        && ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                          sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    cc = ngx_array_push(&r->headers_out.cache_control);
    if (cc == NULL) {
        return NGX_ERROR;
    }

    *cc = h;

#endif

    return NGX_OK;
}


ngx_int_t
ngx_zos_add_header(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    return ngx_zos_push_header(r, name, value) ? NGX_OK : NGX_ERROR;
}


static ngx_table_elt_t *
ngx_zos_push_header(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;

    return h;
}


/* a text gets a line end, for people with terminals */

static ngx_int_t
ngx_zos_send(ngx_zos_flow_t *f, ngx_str_t *text)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_chain_t          out[2];
    ngx_http_request_t  *r;

    static u_char           newline[] = "\n";
    static const ngx_str_t  json = ngx_string("application/json");

    r = f->request;

    r->headers_out.content_length_n = text->len ? text->len + 1 : 0;

    rc = ngx_zos_send_header(f, text->len ? &json : NULL);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (text->len == 0) {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = text->data;
    b->last = text->data + text->len;
    b->memory = 1;

    out[0].buf = b;
    out[0].next = &out[1];

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = newline;
    b->last = newline + 1;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out[1].buf = b;
    out[1].next = NULL;

    return ngx_http_output_filter(r, out);
}


ngx_int_t
ngx_zos_reply_text(ngx_zos_flow_t *f, ngx_str_t *text)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(f->request);

    if (rc != NGX_OK) {
        return rc;
    }

    f->status = NGX_HTTP_OK;

    return ngx_zos_send(f, text);
}
