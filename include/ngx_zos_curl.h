
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * libcurl on nginx's events and timers, for what has no request: one POST at
 * a time in a worker.  Names are resolved in a thread of libcurl's own, one
 * for each look-up.
 */


#ifndef _NGX_ZOS_CURL_H_INCLUDED_
#define _NGX_ZOS_CURL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_ZOS_CURL_ERROR  256


typedef struct ngx_zos_post_s  ngx_zos_post_t;


struct ngx_zos_post_s {
    u_char       *url;           /* these three are copied */
    u_char       *authorization; /* the whole header line */
    ngx_str_t     trusted;       /* PEM; empty: the system's CAs */
    ngx_msec_t    timeout;       /* for all of it */

    /* Called once, later, unless it is cancelled. */
    void        (*handler)(ngx_zos_post_t *post);

    /* the caller's; "len" is its size at first, then that of the answer */
    ngx_str_t     answer;

    ngx_uint_t    status;        /* 0: none came, see the error */
    char          error[NGX_ZOS_CURL_ERROR];
};


/* NULL: this libcurl will do; else what it lacks. */
const char *ngx_zos_curl_lacks(void);

/* NULL: "url" is one that can be posted to; else why not. */
const char *ngx_zos_curl_check_url(u_char *url, ngx_uint_t *tls);

/* "post" must stay until its handler was called.  NGX_ERROR: it won't be. */
ngx_int_t ngx_zos_curl_post(ngx_zos_post_t *post);

/* The handler is not called any more. */
void ngx_zos_curl_cancel(void);

/* At the end of the worker. */
void ngx_zos_curl_exit(void);


#endif /* _NGX_ZOS_CURL_H_INCLUDED_ */
