
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

/* The string that is the result of the last call, in the request's pool. */
ngx_int_t ngx_zos_file_descriptor(ngx_zos_flow_t *f, ngx_str_t *fd);


extern const ngx_str_t  ngx_zos_file_open;
extern const ngx_str_t  ngx_zos_file_read;
extern const ngx_str_t  ngx_zos_file_write;
extern const ngx_str_t  ngx_zos_file_close;
extern const ngx_str_t  ngx_zos_file_list;
extern const ngx_str_t  ngx_zos_file_move;
extern const ngx_str_t  ngx_zos_file_remove;


#endif /* _NGX_ZOS_FILES_H_INCLUDED_ */
