
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


#define NGX_ZOS_PING_LIMIT  5000     /* ms, all together */


static ngx_int_t ngx_zos_ping_limit(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_ping_answer(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_ping[] = {
    ngx_zos_ping_limit,
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_ping_answer,
    NULL
};


static ngx_int_t
ngx_zos_ping_limit(ngx_zos_flow_t *f)
{
    f->deadline = ngx_current_msec + NGX_ZOS_PING_LIMIT;

    return NGX_OK;
}


/* whatever goes wrong on the way to a known node is the answer */

static ngx_int_t
ngx_zos_ping_answer(ngx_zos_flow_t *f)
{
    switch (f->call->error) {

    case NGX_ZOS_OK:
        ngx_str_set(&f->body, "true");
        return NGX_OK;

    case NGX_ZOS_BUSY:
    case NGX_ZOS_INTERNAL:
        return ngx_zos_flow_check(f);

    default:
        ngx_str_set(&f->body, "false");
        return NGX_OK;
    }
}
