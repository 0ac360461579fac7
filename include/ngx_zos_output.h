
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The output of a job as it is followed: the steps and the events share this.
 */


#ifndef _NGX_ZOS_OUTPUT_H_INCLUDED_
#define _NGX_ZOS_OUTPUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


#define NGX_ZOS_OUTPUT_BATCH      32     /* records of a look */
#define NGX_ZOS_OUTPUT_KEPT       1000   /* records of a list, at most */


typedef struct {
    ngx_str_t     job;
    ngx_str_t     stream;        /* id of the list; empty: there is none */
    ngx_str_t     last;          /* the last record, as it was */
    ngx_uint_t    pos;           /* in the list, of the one after it */
    ngx_uint_t    batch;
    int64_t       resume;        /* what is not later has been told before */
    ngx_msec_t    spoke;         /* to the client, the last time */
    ngx_msec_t    heard;         /* of the node, the last new record */
    ngx_msec_t    pause;
    ngx_msec_t    deadline;      /* for the subscription to be accepted */
    ngx_buf_t    *buf;
    ngx_pool_t   *pool;          /* of the text that is being sent */
    ngx_str_t     record;        /* memory for "last" */

    unsigned      running:1;
    unsigned      ended:1;       /* there is a result */
    unsigned      streams:1;     /* the job keeps its output */
    unsigned      knows:1;       /* the node can keep output at all */
    unsigned      tail:1;        /* the list is trimmed at its head */
    unsigned      told:1;        /* some record, to this client */
    unsigned      end:1;         /* of the stream */
    unsigned      gone:1;        /* neither running, nor a result */
} ngx_zos_output_t;


/*
 * The records of the list in reply 0 of the call that are new to the client,
 * as events.  NGX_AGAIN: there are more of them.  NGX_ERROR: the flow has
 * failed.
 */
ngx_int_t ngx_zos_output_records(ngx_zos_flow_t *f, ngx_zos_out_t *out);

/*
 * The last event: the final state from reply 2, as GET of the job has it.
 * NGX_DONE: it has been sent.
 */
ngx_int_t ngx_zos_output_ended(ngx_zos_flow_t *f, ngx_zos_out_t *out);

/* What was written goes to the client; its memory is that of "o->pool". */
ngx_int_t ngx_zos_output_send(ngx_zos_flow_t *f, ngx_zos_out_t *out);


#endif /* _NGX_ZOS_OUTPUT_H_INCLUDED_ */
