
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_run_members[] = {

    { .name = ngx_string("runid"), .type = NGX_ZOS_STRING,
      .text = ngx_string("id of the run") },

    { .name = ngx_string("state"), .type = NGX_ZOS_STRING,
      .text = ngx_string("ok, running, scheduled, error, new, disabled or "
                         "changed") },

    { .name = ngx_string("error"), .type = NGX_ZOS_STRING, .optional = 1,
      .text = ngx_string("why it failed, if it did") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_run_view = {
    .name = ngx_string("Run"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_run_members,
};


static const ngx_zos_ays_t  ngx_zos_run_ays = {
    .target = { NGX_ZOS_ROLE_NONE, ngx_null_string },
};


const ngx_zos_op_t  ngx_zos_ops_runs[] = {

    {
      .name = ngx_string("getRun"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/runs/{runid}"),
      .summary = ngx_string("State of a run of AYS, of this gateway or "
                            "another one"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_run_view,
      .ays = &ngx_zos_run_ays,
      .steps = ngx_zos_steps_get_run,
    },

    { .name = ngx_null_string }
};
