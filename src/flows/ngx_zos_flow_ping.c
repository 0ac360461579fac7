
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
static void ngx_zos_ping_end(ngx_zos_flow_t *f);


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
    f->end = ngx_zos_ping_end;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_ping_answer(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&f->body, "true");

    return NGX_OK;
}


/*
 * Whatever goes wrong on the way to a known node is the answer, but for what
 * is unknown, and the gateway's own limits.
 */

static void
ngx_zos_ping_end(ngx_zos_flow_t *f)
{
    if (f->node == NULL) {
        return;
    }

    switch (f->status) {

    case 0:
    case NGX_HTTP_NOT_FOUND:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return;

    case NGX_HTTP_INTERNAL_SERVER_ERROR:

        if (f->call == NULL || f->call->error != NGX_ZOS_FAILED) {
            return;
        }
    }

    f->status = NGX_HTTP_OK;
    ngx_str_null(&f->error);
    ngx_str_set(&f->body, "false");
}
