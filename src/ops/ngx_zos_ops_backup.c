
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_backup[] = {

    {
      .name = ngx_string("listBackup"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/backup"),
      .summary = ngx_string("List the backups"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("backupContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/backup"),
      .summary = ngx_string("Back up a container to a restic "
                            "repository"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
