
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A capture: one HTTP exchange with a backend through a background subrequest
 * to an internal location, whose directives say how the backend is reached.
 *
 * The subrequest has its own method, headers, body and memory, and its answer
 * goes nowhere: it is collected, up to a limit.  As a background one it does
 * not take the place of the main request at the connection, so a caller who
 * leaves is the main request's business alone.
 *
 * The timeouts of the location are for one read; a backend that sends a byte
 * now and then would have all the time there is.
 */


#ifndef _NGX_ZOS_CAPTURE_H_INCLUDED_
#define _NGX_ZOS_CAPTURE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


typedef struct ngx_zos_capture_s  ngx_zos_capture_t;

typedef void (*ngx_zos_capture_pt)(ngx_zos_capture_t *capture);


struct ngx_zos_capture_s {

    /* set by the caller, in the capture's pool or longer living */

    ngx_uint_t                     method;   /* NGX_HTTP_GET, ... */
    ngx_str_t                      uri;      /* of the location, unescaped */
    ngx_str_t                      args;
    ngx_str_t                      body;     /* JSON; empty: none */
    size_t                         limit;    /* of the answer's body */
    ngx_msec_t                     timeout;  /* of all of it */
    ngx_zos_capture_pt             handler;  /* called once */
    void                          *data;
    unsigned                       detached:1;  /* from the caller */
    unsigned                       unawaited:1; /* no flow waits for it */

    /* the answer; valid until ngx_zos_capture_free() */

    ngx_uint_t                     status;   /* 0: there was none, see rc */
    ngx_str_t                      type;     /* Content-Type */
    ngx_str_t                      text;
    ngx_int_t                      rc;       /* as nginx ended the request */
    unsigned                       complete:1;
    unsigned                       too_large:1;
    unsigned                       late:1;   /* the time was over */
    unsigned                       gone:1;   /* the caller is, see detached */

    /* private */

    ngx_pool_t                    *pool;
    ngx_http_request_t            *request;  /* the subrequest */
    ngx_http_post_subrequest_t     post;
    ngx_event_t                    event;
    ngx_event_t                    timer;
    ngx_chain_t                   *chain;
    size_t                         size;
    ngx_pool_cleanup_t            *cleanup;
    unsigned                       done:1;
    unsigned                       failed:1; /* to take the body */
    unsigned                       broken:1; /* the connection was, then */
};


/* "request" is the main one.  NULL: out of memory. */
ngx_zos_capture_t *ngx_zos_capture_create(ngx_http_request_t *r);

/*
 * The handler is called from an event.  Where nothing but the subrequest holds
 * the request there will be no event: the handler of what is "unawaited" is
 * called as the subrequest ends, and frees nothing.
 *
 * NGX_ERROR: it can't be started, and the handler will not be called.  The
 * caller sees to it that ngx_http_run_posted_requests() follows.
 */
ngx_int_t ngx_zos_capture_start(ngx_zos_capture_t *capture,
    ngx_http_request_t *r);

/*
 * Frees what is done.  What is still going on loses its handler; its memory
 * goes with the request.
 */
void ngx_zos_capture_free(ngx_zos_capture_t *capture);

/* The filters: postconfiguration. */
ngx_int_t ngx_zos_capture_init(ngx_conf_t *cf);


#endif /* _NGX_ZOS_CAPTURE_H_INCLUDED_ */
