
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Signed tokens: a JWT with an ES384 signature, and nothing else.
 */


#ifndef _NGX_ZOS_JWT_H_INCLUDED_
#define _NGX_ZOS_JWT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event_openssl.h>


#define NGX_ZOS_JWT_MAX     8192     /* bytes of a token */
#define NGX_ZOS_JWT_DIGEST  32       /* SHA-256 */


struct json_t;


typedef struct ngx_zos_jwt_key_s {
    EVP_PKEY   *key;                 /* P-384; freed with the pool */
    u_char      digest[NGX_ZOS_JWT_DIGEST];
} ngx_zos_jwt_key_t;


/*
 * The public key in a PEM file, ItsYou.online's where "file" is NULL.
 * NULL: it has been logged why not.
 */
ngx_zos_jwt_key_t *ngx_zos_jwt_key(ngx_conf_t *cf, ngx_str_t *file);

/*
 * NGX_OK: "claims" is an object that the caller frees.  NGX_DECLINED: not a
 * token of this key.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_zos_jwt_verify(ngx_pool_t *pool, ngx_zos_jwt_key_t *key,
    ngx_str_t *token, struct json_t **claims);

/* A JSON object without duplicates, a new reference; NULL: it is none. */
struct json_t *ngx_zos_jwt_object(ngx_str_t *text);


#endif /* _NGX_ZOS_JWT_H_INCLUDED_ */
