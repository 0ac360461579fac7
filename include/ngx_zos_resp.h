
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The Redis protocol: hiredis reads replies, without its connections.
 * src/ngx_zos_resp.c is the only file that includes it.
 */


#ifndef _NGX_ZOS_RESP_H_INCLUDED_
#define _NGX_ZOS_RESP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_ZOS_RESP_NIL = 0,        /* both "$-1" and "*-1" */
    NGX_ZOS_RESP_STRING,
    NGX_ZOS_RESP_STATUS,
    NGX_ZOS_RESP_ERROR,
    NGX_ZOS_RESP_INTEGER,
    NGX_ZOS_RESP_ARRAY
} ngx_zos_resp_type_e;


/* "str" points into "object", which ngx_zos_resp_free() frees. */

typedef struct {
    ngx_zos_resp_type_e   type;
    ngx_str_t             str;
    int64_t               integer;
    ngx_uint_t            nelts;
    void                 *object;
} ngx_zos_resp_t;


void *ngx_zos_resp_create_reader(void);
/*
 * Another one instead of a reader that has nothing unread: its buffer, which
 * has grown to the largest reply, goes.  Without memory it stays.
 */
void ngx_zos_resp_renew_reader(void **reader);

void ngx_zos_resp_free_reader(void *reader);

/* NGX_ERROR: out of memory. */
ngx_int_t ngx_zos_resp_feed(void *reader, u_char *data, size_t len);

/*
 * NGX_OK: a whole reply, owned by the caller.  NGX_AGAIN: feed more.
 * NGX_ERROR: not the protocol, an array of more than 1024 elements or in
 * another one, or out of memory; the reader can't be used any more.
 */
ngx_int_t ngx_zos_resp_next(void *reader, ngx_zos_resp_t *reply);

/* An element of an array; it is part of the array, and not freed itself. */
ngx_int_t ngx_zos_resp_element(ngx_zos_resp_t *array, ngx_uint_t n,
    ngx_zos_resp_t *reply);

void ngx_zos_resp_free(ngx_zos_resp_t *reply);

/* Bytes that were fed and belong to no reply yet. */
size_t ngx_zos_resp_unread(void *reader);

/* Appends a command to "out", whose memory is the pool's. */
ngx_int_t ngx_zos_resp_command(ngx_pool_t *pool, ngx_str_t *out,
    ngx_uint_t argc, ngx_str_t *argv);


#endif /* _NGX_ZOS_RESP_H_INCLUDED_ */
