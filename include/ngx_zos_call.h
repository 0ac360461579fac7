
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Between what a call sends, src/ngx_zos_command.c, and how it goes on,
 * src/ngx_zos_core0.c.
 */


#ifndef _NGX_ZOS_CALL_H_INCLUDED_
#define _NGX_ZOS_CALL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_core0.h>


#define NGX_ZOS_CALL_SLICE      1000     /* ms; goes as whole seconds */
#define NGX_ZOS_CALL_SLICE_SEC  "1"


/* With call->command or call->query; its handler is called later. */
ngx_int_t ngx_zos_call_start(ngx_zos_call_t *call);

/* call->push, with the id call->wait: the push and the first pop. */
ngx_int_t ngx_zos_call_compose(ngx_zos_call_t *call);

/* A pop of the result of call->wait. */
ngx_int_t ngx_zos_call_compose_pop(ngx_zos_call_t *call, ngx_str_t *bytes);

/* A random UUID behind call->prefix. */
ngx_int_t ngx_zos_call_new_id(ngx_zos_call_t *call, ngx_str_t *id);

/* "result:<id><suffix>"; data is NULL if out of memory. */
ngx_str_t ngx_zos_call_key(ngx_zos_call_t *call, ngx_str_t *id, char *suffix);


#endif /* _NGX_ZOS_CALL_H_INCLUDED_ */
