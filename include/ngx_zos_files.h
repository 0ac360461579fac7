
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What the operations on files share.
 */


#ifndef _NGX_ZOS_FILES_H_INCLUDED_
#define _NGX_ZOS_FILES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


/*
 * The query argument "path" as an absolute path; NGX_ERROR, and said why, if
 * it is missing, has a ".." or a control character, or names no file.
 */
ngx_int_t ngx_zos_file_path(ngx_zos_flow_t *f, ngx_str_t *path);

/* A path from wherever; as above.  A relative one is refused. */
ngx_int_t ngx_zos_file_check(ngx_zos_flow_t *f, ngx_str_t *path);

/* ngx_zos_flow_check() with the statuses that errors of files have. */
ngx_int_t ngx_zos_file_failed(ngx_zos_flow_t *f);

/* {"name":value,...}, ended by a NULL name; values are strings. */
ngx_int_t ngx_zos_file_args(ngx_pool_t *pool, ngx_str_t *args, ...);


/* ---- blocks: src/flows/ngx_zos_flow_blocks.c ---- */

#define NGX_ZOS_BLOCK   524288       /* bytes; no read gives more */
#define NGX_ZOS_BLOCKS  2            /* in flight */


typedef struct {
    ngx_str_t         fd;
    ngx_str_t         args;          /* {"fd":...} */
    ngx_zos_call_t   *calls[NGX_ZOS_BLOCKS];     /* the oldest first */
    ngx_uint_t        n;
} ngx_zos_blocks_t;


/* The last call has opened a file, which is to be closed from here on. */
ngx_int_t ngx_zos_blocks_opened(ngx_zos_flow_t *f, ngx_zos_blocks_t *b);

/* Another one may be in flight. */
ngx_uint_t ngx_zos_blocks_room(ngx_zos_flow_t *f, ngx_zos_blocks_t *b);

/*
 * Starts a write of "block", which is free again afterwards, or, if that is
 * NULL, a read.  The step that does this waits by
 * ngx_zos_flow_again(): it is run for whatever happens to one of them, and so
 * it must be until none is in flight, or all are free.
 */
ngx_int_t ngx_zos_blocks_call(ngx_zos_flow_t *f, ngx_zos_blocks_t *b,
    const ngx_str_t *command, ngx_str_t *block);

/* NGX_OK: f->call is the oldest one, and done.  NGX_AGAIN: there is none. */
ngx_int_t ngx_zos_blocks_next(ngx_zos_flow_t *f, ngx_zos_blocks_t *b);

void ngx_zos_blocks_free(ngx_zos_blocks_t *b);


/* ---- transfers, for those who say themselves which file it is ---- */

/*
 * Prepares the steps below.  "type" is that of the answer; NULL: of any kind,
 * to be saved under the file's name.
 */
ngx_int_t ngx_zos_download(ngx_zos_flow_t *f, ngx_str_t *path,
    ngx_str_t *type);

/* The body is the file, not empty, and has at most "max" bytes. */
ngx_int_t ngx_zos_upload_text(ngx_zos_flow_t *f, ngx_str_t *path, size_t max);


#define NGX_ZOS_STEPS_DOWNLOAD                                               \
    ngx_zos_step_node,                                                       \
    ngx_zos_step_container,                                                  \
    ngx_zos_step_container_found,                                            \
    ngx_zos_download_open,                                                   \
    ngx_zos_download_opened,                                                 \
    ngx_zos_download_listed,                                                 \
    ngx_zos_download_blocks

/* Up to here it is beside the wanted file, and goes if the flow fails. */
#define NGX_ZOS_STEPS_UPLOAD                                                 \
    ngx_zos_step_node,                                                       \
    ngx_zos_step_container,                                                  \
    ngx_zos_step_container_found,                                            \
    ngx_zos_upload_open,                                                     \
    ngx_zos_upload_opened,                                                   \
    ngx_zos_upload_blocks,                                                   \
    ngx_zos_upload_close,                                                    \
    ngx_zos_upload_closed

#define NGX_ZOS_STEPS_UPLOAD_MOVE                                            \
    ngx_zos_upload_move,                                                     \
    ngx_zos_upload_moved


ngx_int_t ngx_zos_download_open(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_download_opened(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_download_listed(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_download_blocks(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_open(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_opened(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_blocks(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_close(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_closed(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_upload_move(ngx_zos_flow_t *f);

/* The upload is over, and f->ctx free. */
ngx_int_t ngx_zos_upload_moved(ngx_zos_flow_t *f);


extern const ngx_str_t  ngx_zos_file_open;
extern const ngx_str_t  ngx_zos_file_read;
extern const ngx_str_t  ngx_zos_file_write;
extern const ngx_str_t  ngx_zos_file_close;
extern const ngx_str_t  ngx_zos_file_list;
extern const ngx_str_t  ngx_zos_file_move;
extern const ngx_str_t  ngx_zos_file_remove;


#endif /* _NGX_ZOS_FILES_H_INCLUDED_ */
