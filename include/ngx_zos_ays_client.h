
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The AYS client: single calls, for the steps of flows.  A call is a capture
 * of a location under zos_ays; the flow goes on with its next step when it is
 * done.  The repository is created when it is not there yet.
 */


#ifndef _NGX_ZOS_AYS_CLIENT_H_INCLUDED_
#define _NGX_ZOS_AYS_CLIENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_capture.h>


typedef struct {
    ngx_uint_t                role;
    ngx_str_t                 name;
    ngx_str_t                 parent;    /* empty: any */
    const char               *member;
} ngx_zos_ref_t;


/* What a flow knows of AYS; in the request's pool. */

struct ngx_zos_ays_flow_s {
    ngx_zos_capture_t        *call;      /* the last one, or NULL */
    ngx_str_t                 value;     /* its result: checked JSON */

    /* the call that waits for the repository to be there */

    ngx_uint_t                method;
    ngx_str_t                 path;
    ngx_str_t                 args;
    ngx_str_t                 body;
    ngx_uint_t                creating;  /* ngx_zos_ays_repository_e */

    ngx_msec_t                start;     /* of the last call */

    /* of the look-up of a node */

    ngx_msec_t                since;     /* it waits for the lock */
    uint64_t                  owner;
    ngx_str_t                 lock;      /* that is held */
    unsigned                  looking:1;
    ngx_uint_t                parent;    /* the next one to be looked at */
    ngx_array_t              *refs;      /* ngx_zos_ref_t */
    ngx_uint_t                ref;       /* the next one to be looked at */
    struct ngx_zos_change_s  *change;
};


/* NULL: out of memory. */
ngx_zos_ays_flow_t *ngx_zos_ays(ngx_zos_flow_t *f);

/* The flow ends: its call, its locks. */
void ngx_zos_ays_free(ngx_zos_flow_t *f);

/*
 * Starts a call; NGX_AGAIN.  "path" is behind /ays/repository/{repository},
 * "args" is escaped, all of it lives as long as the request or the call.
 */
ngx_int_t ngx_zos_ays_call(ngx_zos_flow_t *f, ngx_uint_t method,
    ngx_str_t *path, ngx_str_t *args, ngx_str_t *body);

/* The HTTP status of the last call; 0: there was no answer. */
ngx_uint_t ngx_zos_ays_status(ngx_zos_flow_t *f);

/*
 * The sentence that AYS gives for a failure of the last call: without a
 * traceback, without what the request has that is secret; or empty.
 */
void ngx_zos_ays_sentence(ngx_zos_flow_t *f, ngx_str_t *text);

/* "text" as something for callers: one line, nothing secret. */
void ngx_zos_ays_clean(ngx_zos_flow_t *f, ngx_str_t *text);

/* A key of the cluster's in the zone: "lane/" ... */
ngx_int_t ngx_zos_ays_key(ngx_zos_flow_t *f, char *kind, const ngx_str_t *name,
    ngx_str_t *key);

/* Unique among all workers. */
uint64_t ngx_zos_ays_owner(void);

#endif /* _NGX_ZOS_AYS_CLIENT_H_INCLUDED_ */
