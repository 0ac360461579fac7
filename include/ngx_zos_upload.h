
/*
 * Copyright (C) the ngx_zos authors
 */


#ifndef _NGX_ZOS_UPLOAD_H_INCLUDED_
#define _NGX_ZOS_UPLOAD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_files.h>
#include <ngx_zos_multipart.h>


typedef struct {
    ngx_str_t             path;
    ngx_str_t             part;      /* where it is written */
    ngx_zos_blocks_t      blocks;    /* in flight */
    ngx_uint_t            perm;
    size_t                max;       /* of a text; 0: any number of bytes */
    size_t                size;      /* so far */

    ngx_zos_multipart_t  *multipart; /* NULL: the body is the file */
    ngx_buf_t            *piece;     /* of a body that is in a file */
    u_char               *start;     /* the block that comes in */
    u_char               *pos;
    u_char               *end;

    unsigned              opening:1;
    unsigned              opened:1;
    unsigned              started:1; /* reading the body */
    unsigned              read:1;    /* all of it */
    unsigned              full:1;    /* the block, as good as */
    unsigned              done:1;
} ngx_zos_upload_t;


/* ---- the body: src/flows/ngx_zos_flow_upload_body.c ---- */

/* Begins to read it; f->waiting steps are resumed when more has come. */
ngx_int_t ngx_zos_upload_start(ngx_zos_flow_t *f);

/*
 * NGX_OK: the block is full, or has the end of the file.  NGX_AGAIN: more is
 * to come.  NGX_ERROR: ngx_zos_fail() has said why.
 */
ngx_int_t ngx_zos_upload_fill(ngx_zos_flow_t *f);

/* Nothing is read before the next fill. */
void ngx_zos_upload_pause(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_upload_too_large(ngx_zos_flow_t *f);


#endif /* _NGX_ZOS_UPLOAD_H_INCLUDED_ */
