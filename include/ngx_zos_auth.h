
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Who may call: tokens, where they may stand, and pages of other origins.
 */


#ifndef _NGX_ZOS_AUTH_H_INCLUDED_
#define _NGX_ZOS_AUTH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_jwt.h>


#define NGX_ZOS_USER_MAX  128        /* bytes of a name that are kept */


/* What a location asks of tokens. */

struct ngx_zos_authority_s {
    ngx_str_t             organization;
    ngx_str_t             scope;     /* of its members */
    ngx_zos_jwt_key_t    *key;
    time_t                max_validity;
    u_char                digest[NGX_ZOS_JWT_DIGEST];    /* of all of it */
};


/* ---- tokens: src/ngx_zos_auth.c ---- */

char *ngx_zos_set_auth_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* conf->authority of a merged configuration. */
char *ngx_zos_auth_merge(ngx_conf_t *cf, ngx_zos_loc_conf_t *conf);

/* NGX_OK: f->user may go on.  NGX_ERROR: ngx_zos_fail() has said why not. */
ngx_int_t ngx_zos_auth(ngx_zos_flow_t *f);


/* ---- tokens that were verified: src/ngx_zos_tokens.c ---- */

/* "digest" is that of the token, before this authority. */
ngx_int_t ngx_zos_tokens_digest(ngx_zos_authority_t *authority,
    ngx_str_t *token, u_char *digest);

/* NGX_DECLINED: not remembered.  "user" is good until the next call. */
ngx_int_t ngx_zos_tokens_find(u_char *digest, ngx_str_t *user);

/* "user" of NGX_ZOS_USER_MAX at most; out of memory: it is not remembered. */
void ngx_zos_tokens_add(u_char *digest, ngx_str_t *user, time_t expire);

void ngx_zos_tokens_free(void);


/* ---- tokens in the query: src/ngx_zos_mask.c ---- */

ngx_int_t ngx_zos_mask_init(ngx_conf_t *cf);

/* access_token as it was sent; NULL: there is none. */
ngx_str_t *ngx_zos_mask_token(ngx_http_request_t *r);


/* ---- other origins: src/ngx_zos_origin.c ---- */

char *ngx_zos_set_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* NGX_ERROR: a page of another origin wants to change something. */
ngx_int_t ngx_zos_origin(ngx_zos_flow_t *f);


#endif /* _NGX_ZOS_AUTH_H_INCLUDED_ */
