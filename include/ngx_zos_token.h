
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The gateway's own token, for AYS and for nodes: a JWT that is renewed
 * before it ends.  It is in the zone, where all workers see it; one of them
 * renews it at a time.
 */


#ifndef _NGX_ZOS_TOKEN_H_INCLUDED_
#define _NGX_ZOS_TOKEN_H_INCLUDED_


#include <ngx_zos.h>


/* what the zone has for it is one page */

#define NGX_ZOS_TOKEN_MAX     3840
#define NGX_ZOS_TOKEN_DIGEST  32


/* ---- the token: src/ngx_zos_token.c ---- */

char *ngx_zos_token_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_zos_token_set_refresh(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* That the directives go together. */
char *ngx_zos_token_check(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf);
char *ngx_zos_token_check_core0(ngx_conf_t *cf, ngx_zos_loc_conf_t *zlcf);

/*
 * Without white space around it, a JWT that says when it ends; its signature
 * is for others to check.  NULL: it is; else what is wrong with it.
 */
const char *ngx_zos_token_parse(ngx_str_t *text, time_t *expires);

/*
 * The current token, in the pool's memory.  NGX_DECLINED: there is none that
 * is valid, which is logged now and then.
 */
ngx_int_t ngx_zos_token_get(ngx_zos_main_conf_t *zmcf, ngx_pool_t *pool,
    ngx_log_t *log, ngx_str_t *value, ngx_uint_t *generation);

/* Connections that another token has opened are not kept. */
void ngx_zos_token_sync(ngx_zos_main_conf_t *zmcf);

ngx_int_t ngx_zos_token_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

void ngx_zos_token_init_module(ngx_cycle_t *cycle);


/* ---- its renewal: src/ngx_zos_renew.c ---- */

void ngx_zos_renew_init_worker(ngx_cycle_t *cycle);
void ngx_zos_renew_exit_worker(ngx_cycle_t *cycle);


/* ---- its place in the zone: src/ngx_zos_slot.c ---- */

typedef struct {
    ngx_uint_t    generation;    /* 0: none */
    time_t        expires;
    size_t        len;
    u_char        value[NGX_ZOS_TOKEN_MAX];
} ngx_zos_token_value_t;


/*
 * The file's token, when a configuration is loaded.  One that was renewed
 * since stays, unless the file has changed.  NGX_ERROR: no room.
 */
ngx_int_t ngx_zos_slot_load(ngx_shm_zone_t *zone, ngx_str_t *value,
    time_t expires);

/* A hint, without the lock: it changes with the token. */
ngx_uint_t ngx_zos_slot_generation(ngx_shm_zone_t *zone);
void ngx_zos_slot_read(ngx_shm_zone_t *zone, ngx_zos_token_value_t *value);

/*
 * The right to renew it, for "lease" milliseconds.  NGX_BUSY: it is not time
 * yet, or another worker does; to be asked again after "wait".
 */
ngx_int_t ngx_zos_slot_lease(ngx_shm_zone_t *zone, time_t before,
    ngx_msec_t lease, ngx_msec_t *wait);

/* These end the lease, the last one with nothing to be said. */

/* NGX_DECLINED: the token is another one than was renewed. */
ngx_int_t ngx_zos_slot_renewed(ngx_shm_zone_t *zone, ngx_uint_t generation,
    ngx_str_t *value, time_t expires);
void ngx_zos_slot_failed(ngx_shm_zone_t *zone);
void ngx_zos_slot_release(ngx_shm_zone_t *zone);

/* The file has this token now. */
void ngx_zos_slot_saved(ngx_shm_zone_t *zone, ngx_str_t *value);

/* The file can't be written.  True for the first who says so. */
ngx_uint_t ngx_zos_slot_not_saved(ngx_shm_zone_t *zone);


#endif /* _NGX_ZOS_TOKEN_H_INCLUDED_ */
