
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The content of the first part named "file" of a multipart/form-data body,
 * as it arrives, piece by piece (RFC 7578).
 */


#ifndef _NGX_ZOS_MULTIPART_H_INCLUDED_
#define _NGX_ZOS_MULTIPART_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_ZOS_MULTIPART_MAX_BOUNDARY  70       /* RFC 2046 */
#define NGX_ZOS_MULTIPART_MAX_HEADERS   8192


typedef struct {
    ngx_uint_t   state;
    size_t       matched;        /* of the delimiter */
    size_t       delimiter_len;
    u_char       delimiter[NGX_ZOS_MULTIPART_MAX_BOUNDARY + 4];

    unsigned     found:1;        /* the part has begun */
    unsigned     complete:1;     /* ... and ended */

    size_t       headers_len;
    u_char       headers[NGX_ZOS_MULTIPART_MAX_HEADERS];
} ngx_zos_multipart_t;


/* From the Content-Type.  NGX_DECLINED: it has no valid boundary. */
ngx_int_t ngx_zos_multipart_init(ngx_zos_multipart_t *mp, ngx_str_t *type);

/*
 * Moves *src over what was taken, and *dst over content that was written
 * there.  NGX_OK: all of the source is taken.  NGX_AGAIN: there is no more
 * room in the destination.  NGX_ERROR: no valid multipart body.
 */
ngx_int_t ngx_zos_multipart(ngx_zos_multipart_t *mp, u_char **src,
    u_char *last, u_char **dst, u_char *end);


#endif /* _NGX_ZOS_MULTIPART_H_INCLUDED_ */
